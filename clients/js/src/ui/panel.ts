import type { InboxSnapshot } from '../inbox-types.js';
import { h, icon, setText } from './dom.js';
import type { List } from './list.js';
import { keepFocus } from './popover.js';
import type { Texts } from './texts.js';

export interface PanelHandlers {
  markAllRead(): void;
  close(): void;
  retry(): void;
  loadOlder(): void;
}

/** What the bell opens: the frame around the list, and what stands there in place of it. */
export class Panel {
  readonly element: HTMLElement;
  readonly scroll: HTMLElement;
  readonly #heading = h('h2', { id: 'heading', part: 'heading' });
  readonly #all: HTMLButtonElement;
  readonly #banner = h('div', { class: 'banner', part: 'banner', role: 'status' });
  readonly #bannerText = h('span');
  readonly #pill: HTMLButtonElement;
  readonly #pillText = h('span');
  readonly #state = h('div', { class: 'stand' });
  readonly #foot = h('div', { class: 'foot', part: 'foot' });
  readonly #watch: IntersectionObserver | undefined;
  #shown = '';
  #footed = '';

  constructor(
    private readonly texts: Texts,
    private readonly list: List,
    private readonly handlers: PanelHandlers,
  ) {
    this.#all = h('button', { class: 'tool all', part: 'mark-all', type: 'button', title: texts.markAllRead, click: () => handlers.markAllRead() }, icon('checks'), h('span', {}, texts.markAllRead));
    const close = h('button', { class: 'tool', part: 'close', type: 'button', 'aria-label': texts.close, title: texts.close, click: () => handlers.close() }, icon('close'));
    this.#pill = h('button', { class: 'pill', part: 'pill', type: 'button', hidden: true, click: () => this.#toTop() }, icon('up'), this.#pillText);
    this.#banner.append(icon('offline'), this.#bannerText);
    this.scroll = h('div', { class: 'scroll', part: 'scroll' }, list.element, this.#state, this.#foot);
    this.element = h(
      'div',
      { class: 'panel', part: 'panel', id: 'panel', role: 'dialog', popover: 'manual', tabindex: -1, 'aria-labelledby': 'heading', keydown: (event: KeyboardEvent) => this.#key(event) },
      h('div', { class: 'head', part: 'header' }, this.#heading, this.#all, close),
      this.#banner,
      h('div', { class: 'body' }, this.#pill, this.scroll),
    );
    setText(this.#heading, texts.title);
    if (typeof IntersectionObserver === 'function') {
      this.#watch = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && handlers.loadOlder(), { root: this.scroll, rootMargin: '300px' });
      this.#watch.observe(this.#foot);
    }
  }

  show(snapshot: InboxSnapshot, failed: string): void {
    const { texts } = this;
    const { items, isLoaded, error, status, loading, hasOlder } = snapshot;
    const kind = items.length > 0 ? 'list' : isLoaded ? 'empty' : error ? 'error' : 'loading';
    this.list.element.hidden = kind !== 'list';
    this.list.setBusy(loading !== 'none');
    this.#all.disabled = snapshot.counts.unread === 0;
    const isOff = status === 'offline' || status === 'closed';
    const trouble = failed || (isOff && kind !== 'error' ? texts.offline : '');
    this.#banner.hidden = trouble === '';
    setText(this.#bannerText, trouble);
    if (kind !== this.#shown) {
      this.#shown = kind;
      this.#state.replaceChildren(...this.#standIn(kind));
    }

    const foot = kind !== 'list' ? '' : hasOlder ? (error && loading === 'none' ? 'retry' : 'more') : 'end';
    if (foot !== this.#footed) {
      this.#footed = foot;
      this.#foot.replaceChildren(...this.#footOf(foot));
    }

    this.#foot.hidden = foot === '';
    // Looks again: a short page leaves the foot in sight, and what stays in sight is not reported twice.
    if (foot === 'more' && loading === 'none') {
      this.#watch?.unobserve(this.#foot);
      this.#watch?.observe(this.#foot);
    }
  }

  setPill(text: string): void {
    this.#pill.hidden = text === '';
    setText(this.#pillText, text);
  }

  destroy(): void {
    this.#watch?.disconnect();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.handlers.close();
    } else if (event.key === 'Tab') {
      keepFocus(event, this.element);
    } else if (event.target === this.element && (event.key === 'ArrowDown' || event.key === 'Home')) {
      event.preventDefault();
      this.list.focus();
    }
  }

  #toTop(): void {
    this.scroll.scrollTo({ top: 0, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    this.element.focus({ preventScroll: true });
  }

  #standIn(kind: string): Node[] {
    const { texts } = this;
    if (kind === 'loading') {
      const bone = (width: string) => {
        const line = h('div', { class: 'bone line' });
        line.style.inlineSize = width;
        return line;
      };
      const rows = ['58%', '72%', '46%', '64%', '52%'].map((width) =>
        h('div', { class: 'row bones', 'aria-hidden': 'true' }, h('div', { class: 'bone face' }), h('div', {}, bone(width), bone('86%'))),
      );
      return [h('p', { class: 'quiet' }, texts.loading), ...rows];
    }

    if (kind === 'list') return [];
    const isEmpty = kind === 'empty';
    const retry = isEmpty ? null : h('button', { class: 'button', part: 'retry', type: 'button', click: () => this.handlers.retry() }, texts.retry);
    const lines = isEmpty ? [texts.emptyTitle, texts.emptyText] : [texts.errorTitle, texts.errorText];
    const picture = h('div', { class: 'picture' }, icon(isEmpty ? 'bell' : 'warning'));
    return [h('div', { class: 'state', part: isEmpty ? 'empty' : 'error' }, picture, h('strong', {}, lines[0]), h('span', {}, lines[1]), retry)];
  }

  #footOf(kind: string): (Node | string)[] {
    if (kind === 'end') return [this.texts.end];
    if (kind === 'more') return [h('span', { class: 'spinner', role: 'img', 'aria-label': this.texts.loading })];
    if (kind !== 'retry') return [];
    return [h('button', { class: 'button', type: 'button', click: () => this.handlers.loadOlder() }, this.texts.retry)];
  }
}
