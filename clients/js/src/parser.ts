/** One block of a stream, up to its empty line. */
export interface Block {
  /** Its kind; `message` when it names none. */
  event: string;
  /** The cursor that it moves to; absent: it moves none. */
  id?: string;
  /** Absent: the block fires nothing. */
  data?: string;
  /** Milliseconds to wait before connecting again, from here on. */
  retry?: number;
}

// Over ten times the largest notification: what is longer is no stream of ours, and memory stays bounded.
const MAX_LENGTH = 1 << 20;

/**
 * text/event-stream (WHATWG HTML, section 9.2), fed with chunks that may be cut anywhere: inside a character, or between CR and
 * LF. Unlike EventSource it also hands out blocks without data, whose id is a cursor too.
 */
export class Parser {
  // Takes a byte order mark off the start, and keeps halves of characters.
  readonly #decoder = new TextDecoder();
  #rest = '';
  #scanned = 0;
  #length = 0;
  #afterCr = false;
  #block: Block = { event: '' };
  #hasField = false;

  push(chunk: Uint8Array): Block[] {
    const blocks: Block[] = [];
    let text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let i = this.#scanned; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code !== 10 && code !== 13) {
        this.#afterCr = false;
        continue;
      }

      if (code === 10 && this.#afterCr) {
        // The second half of a CRLF whose line has been taken already.
        this.#afterCr = false;
        start = i + 1;
        continue;
      }

      this.#afterCr = code === 13;
      this.#line(text.slice(start, i), blocks);
      start = i + 1;
    }

    text = text.slice(start);
    if (this.#length + text.length > MAX_LENGTH) throw new RangeError('A block of the stream is too long.');
    this.#rest = text;
    this.#scanned = text.length;
    return blocks;
  }

  #line(line: string, blocks: Block[]): void {
    if (line === '') {
      const block = this.#block;
      if (this.#hasField) blocks.push({ ...block, event: block.event || 'message' });
      this.#block = { event: '' };
      this.#hasField = false;
      this.#length = 0;
      return;
    }

    const colon = line.indexOf(':');
    if (colon === 0) return;

    this.#length += line.length;
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    this.#field(name, value);
  }

  #field(name: string, value: string): void {
    const block = this.#block;
    switch (name) {
      case 'event':
        block.event = value;
        return;
      case 'data':
        block.data = block.data === undefined ? value : `${block.data}\n${value}`;
        break;
      case 'id':
        if (value.includes('\0')) return;
        block.id = value;
        break;
      case 'retry':
        if (!/^\d{1,15}$/.test(value)) return;
        block.retry = Number(value);
        break;
      default:
        return;
    }

    this.#hasField = true;
  }
}
