import type { InboxItem } from '../inbox-items.js';
import { h, icon, set, setText } from './dom.js';
import { bodyOf, hueOf, imageOf, titleOf } from './payload.js';
import type { Texts } from './texts.js';
import { fullTime, relativeTime } from './time.js';

/** The title of an item. */
export type Format = (item: InboxItem) => string;
/** The content of an item: a node, or text; nothing for the default. */
export type Render = (item: InboxItem) => Node | string | null | undefined;

/** What rows need to know, and what they report. */
export interface RowContext {
  readonly texts: Texts;
  readonly locale: string;
  readonly formatTitle: Format | undefined;
  readonly renderItem: Render | undefined;
  select(item: InboxItem, event: MouseEvent | KeyboardEvent): void;
  toggleRead(item: InboxItem): void;
  archive(item: InboxItem): void;
}

/** One notification in the list. */
export class Row {
  readonly element: HTMLElement;
  readonly #content = h('div', { part: 'content' });
  readonly #actions: HTMLElement;
  readonly #toggle: HTMLButtonElement;
  readonly #time: HTMLTimeElement;
  readonly #unread: HTMLElement;
  readonly #isOwn: boolean;

  constructor(public item: InboxItem, private readonly context: RowContext) {
    const { texts, locale } = context;
    const own = context.renderItem?.(item);
    this.#isOwn = own !== null && own !== undefined;
    const at = Date.parse(item.received_at);
    const id = `belfry-${item.seq}`;
    this.#time = h('time', { datetime: item.received_at, title: Number.isNaN(at) ? '' : fullTime(at, locale), part: 'time' });
    this.#unread = h('span', { class: 'quiet' });
    this.#toggle = this.#button('toggle', texts.markRead, 'check', () => context.toggleRead(this.item));
    const archive = this.#button('archive', texts.archive, 'archive', () => context.archive(this.item));
    this.#actions = h('div', { class: 'actions', part: 'actions' }, this.#toggle, archive);
    this.element = h(
      'article',
      {
        class: 'row', part: 'item', tabindex: -1, 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-meta`, 'data-seq': item.seq,
        click: (event: MouseEvent) => context.select(this.item, event),
      },
      h('span', { class: 'mark', part: 'dot', 'aria-hidden': 'true' }),
      this.#face(),
      this.#content,
      this.#actions,
    );
    if (this.#isOwn) {
      this.#content.append(own!);
      this.#content.id = `${id}-title`;
    } else {
      const title = h('div', { class: 'title', part: 'title', id: `${id}-title` }, context.formatTitle?.(item) ?? titleOf(item));
      const text = bodyOf(item);
      this.#content.append(title);
      if (text !== undefined) this.#content.append(h('div', { class: 'text', part: 'text' }, text));
    }

    const important = item.priority === 'HIGH' ? h('span', { class: 'chip', part: 'chip' }, texts.important) : null;
    this.#content.append(h('div', { class: 'meta', part: 'meta', id: `${id}-meta` }, this.#unread, this.#time, important));
    this.update(item);
    this.tick(Date.now());
  }

  update(item: InboxItem): void {
    this.item = item;
    const { texts } = this.context;
    this.element.classList.toggle('unread', !item.read);
    setText(this.#unread, item.read ? '' : `${texts.unread}. `);
    const label = item.read ? texts.markUnread : texts.markRead;
    set(this.#toggle, 'aria-label', label);
    set(this.#toggle, 'title', label);
    this.#toggle.replaceChildren(icon(item.read ? 'dot' : 'check'));
  }

  tick(now: number): void {
    const at = Date.parse(this.item.received_at);
    if (!Number.isNaN(at)) setText(this.#time, relativeTime(at, now, this.context.locale));
  }

  place(index: number, total: number): void {
    set(this.element, 'aria-posinset', index + 1);
    set(this.element, 'aria-setsize', total);
  }

  /** Only the row with the focus has its buttons in the order of Tab: a hundred rows are one stop. */
  setActive(isActive: boolean): void {
    this.element.tabIndex = isActive ? 0 : -1;
    for (const button of this.#actions.children) (button as HTMLElement).tabIndex = isActive ? 0 : -1;
  }

  #face(): HTMLElement {
    const { item } = this;
    const image = imageOf(item, document.baseURI);
    const letter = [...(this.context.formatTitle?.(item) ?? titleOf(item)).trim()][0] ?? '';
    const face = h('div', { class: 'face', part: 'face', 'aria-hidden': 'true' }, letter.toLocaleUpperCase(this.context.locale));
    face.style.setProperty('--_hue', String(hueOf(item.event_type)));
    if (image) {
      // No referrer: who draws the picture need not know which page shows it.
      const picture = h('img', { src: image, alt: '', loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' });
      picture.addEventListener('error', () => face.replaceChildren(letter));
      face.replaceChildren(picture);
    }

    return face;
  }

  #button(name: string, label: string, shape: 'check' | 'archive', run: () => void): HTMLButtonElement {
    const click = (event: MouseEvent) => {
      event.stopPropagation();
      run();
    };
    return h('button', { class: `tool ${name}`, part: `action ${name}`, type: 'button', 'aria-label': label, title: label, tabindex: -1, click }, icon(shape));
  }
}
