import { h, setText } from './dom.js';

/** Says what came, politely: what comes within a moment is said in one sentence. */
export class Announcer {
  readonly element = h('div', { class: 'quiet', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' });
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(count: number, sentence: (count: number) => string): void {
    this.#count += count;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      setText(this.element, sentence(this.#count));
      this.#count = 0;
    }, 400);
  }

  say(sentence: string): void {
    setText(this.element, sentence);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#count = 0;
  }
}
