import type { Inbox, InboxItem } from './inbox.js';
import { emptySnapshot, type InboxSnapshot } from './inbox-types.js';
import { Announcer } from './ui/announcer.js';
import { Bell } from './ui/bell.js';
import { adoptProperties } from './ui/dom.js';
import { List } from './ui/list.js';
import { Panel } from './ui/panel.js';
import { follow, titleOf } from './ui/payload.js';
import { placePanel, setShown } from './ui/popover.js';
import type { Format, Render, RowContext } from './ui/row.js';
import { adoptStyles } from './ui/styles.js';
import { english, type Texts } from './ui/texts.js';
import { localeOf } from './ui/time.js';

export { english, german, type Texts } from './ui/texts.js';
export type { Format, Render } from './ui/row.js';
export type { Inbox, InboxItem } from './inbox.js';

/** Somebody chose a notification. Unless it is prevented, the item is marked as read and its link is followed. */
export type SelectEvent = CustomEvent<{ item: InboxItem; originalEvent: MouseEvent | KeyboardEvent }>;

// On a server there are no elements: importing must not fail there.
const Base = (typeof HTMLElement === 'undefined' ? class {} : HTMLElement) as typeof HTMLElement;

/**
 * A bell with a badge, and the panel that it opens.
 *
 * Attributes: `theme` (`light`, `dark`; the system's when absent), `placement` (`start` to open towards the start of the line),
 * `lang`, `open`.
 */
export class BelfryInboxElement extends Base {
  static readonly observedAttributes = ['open', 'lang'];

  readonly #root: ShadowRoot;
  readonly #announcer = new Announcer();
  #inbox: Inbox | undefined;
  #texts: Partial<Texts> = {};
  #formatTitle: Format | undefined;
  #renderItem: Render | undefined;
  #bell!: Bell;
  #list!: List;
  #panel!: Panel;
  #off: (() => void) | undefined;
  #life: AbortController | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #newest: number | undefined;
  #unseenAbove = 0;
  #failed = '';
  #isOpen = false;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    adoptStyles(this.#root);
    this.#build();
  }

  /** What to show: `connect(…).inbox()`. */
  get inbox(): Inbox | undefined {
    return this.#inbox;
  }

  set inbox(inbox: Inbox | undefined) {
    this.#off?.();
    this.#off = undefined;
    this.#inbox = inbox;
    this.#newest = undefined;
    if (this.isConnected) this.#follow();
  }

  /** Texts of the application; what is left out is English. */
  get texts(): Partial<Texts> {
    return this.#texts;
  }

  set texts(texts: Partial<Texts>) {
    this.#texts = texts;
    this.#rebuild();
  }

  /** The title of an item, where the payload does not have it under a usual name. */
  get formatTitle(): Format | undefined {
    return this.#formatTitle;
  }

  set formatTitle(format: Format | undefined) {
    this.#formatTitle = format;
    this.#rebuild();
  }

  /** The content of an item: a node, or text (never taken for HTML); nothing for the default. */
  get renderItem(): Render | undefined {
    return this.#renderItem;
  }

  set renderItem(render: Render | undefined) {
    this.#renderItem = render;
    this.#rebuild();
  }

  get open(): boolean {
    return this.#isOpen;
  }

  set open(isOpen: boolean) {
    this.toggleAttribute('open', isOpen);
  }

  connectedCallback(): void {
    adoptProperties(this, ['inbox', 'texts', 'formatTitle', 'renderItem']);
    this.#rebuild();
    this.#follow();
    this.#setOpen(this.hasAttribute('open'));
  }

  disconnectedCallback(): void {
    this.#off?.();
    this.#off = undefined;
    this.#announcer.stop();
    this.#setOpen(false);
    this.#panel.destroy();
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === 'open') this.#setOpen(this.hasAttribute('open'));
    else this.#rebuild();
  }

  get #words(): Texts {
    return { ...english, ...this.#texts };
  }

  get #snapshot(): InboxSnapshot {
    return this.#inbox?.getSnapshot() ?? emptySnapshot('connecting');
  }

  #build(): void {
    const context = this.#context();
    this.#bell = new Bell((event) => this.#ring(event));
    this.#list = new List(context);
    this.#panel = new Panel(context.texts, this.#list, {
      markAllRead: () => this.#do((inbox) => inbox.markAllRead()),
      close: () => {
        this.open = false;
        this.#bell.element.focus();
      },
      retry: () => void this.#inbox?.reload(),
      loadOlder: () => {
        if (this.#isOpen) void this.#inbox?.loadOlder();
      },
    });
    this.#panel.scroll.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#root.append(this.#bell.element, this.#panel.element, this.#announcer.element);
  }

  #rebuild(): void {
    if (!this.isConnected) return;
    const wasOpen = this.#isOpen;
    this.#setOpen(false);
    this.#panel.destroy();
    for (const element of [this.#bell.element, this.#panel.element, this.#announcer.element]) element.remove();
    this.#build();
    this.#show(this.#snapshot);
    if (wasOpen) this.#setOpen(true);
  }

  #context(): RowContext {
    return {
      texts: this.#words,
      locale: this.isConnected ? localeOf(this) : 'en',
      formatTitle: this.#formatTitle,
      renderItem: this.#renderItem,
      select: (item, event) => this.#select(item, event),
      toggleRead: (item) => this.#do((inbox) => (item.read ? inbox.markUnread(item) : inbox.markRead(item))),
      archive: (item) => this.#do((inbox) => inbox.archive(item)),
    };
  }

  #follow(): void {
    this.#off?.();
    this.#off = this.#inbox?.subscribe(() => this.#show(this.#snapshot));
    this.#show(this.#snapshot);
  }

  #show(snapshot: InboxSnapshot): void {
    const { items, counts } = snapshot;
    const texts = this.#words;
    const locale = localeOf(this);
    const before = this.#newest;
    const newest = items[0]?.seq ?? (snapshot.isLoaded ? 0 : undefined);
    const arrived = before === undefined || newest === undefined ? [] : items.filter((item) => item.seq > before);
    if (newest !== undefined) this.#newest = Math.max(newest, before ?? 0);

    this.#bell.show(counts.unread, arrived.length > 0, texts, locale);
    this.#list.show(items, snapshot.hasOlder ? -1 : items.length, this.#isOpen);
    this.#panel.show(snapshot, this.#failed);
    if (arrived.length === 0) return;

    const title = this.#formatTitle?.(arrived[0]!) ?? titleOf(arrived[0]!);
    this.#announcer.add(arrived.length, (n) => texts.arrived(n, title, locale));
    if (!this.#isOpen) return;
    if (this.#panel.scroll.scrollTop > 40) {
      this.#unseenAbove += arrived.length;
      this.#panel.setPill(texts.newOnTop(this.#unseenAbove, locale));
    } else this.#markSeen();
  }

  #ring(event: MouseEvent): void {
    this.open = !this.#isOpen;
    // By keyboard the reader goes on in the list; a pointer needs no ring around a row.
    if (this.#isOpen && event.detail === 0) this.#list.focus();
  }

  #setOpen(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return;
    this.#isOpen = isOpen;
    const panel = this.#panel.element;
    const hadFocus = this.#root.activeElement !== null && panel.contains(this.#root.activeElement);
    const isRtl = getComputedStyle(this).direction === 'rtl';
    panel.classList.toggle('rtl', isRtl);
    setShown(panel, isOpen);
    this.#bell.setExpanded(isOpen);
    this.#life?.abort();
    clearInterval(this.#timer);
    if (!isOpen) {
      this.#failed = '';
      if (hadFocus) this.#bell.element.focus();
      this.removeAttribute('open');
      return;
    }

    const { signal } = (this.#life = new AbortController());
    const place = () => placePanel(panel, this.#bell.element, this.getAttribute('placement') === 'start', isRtl);
    place();
    addEventListener('resize', place, { signal });
    addEventListener('scroll', place, { signal, passive: true, capture: true });
    document.addEventListener('pointerdown', (event) => !event.composedPath().includes(this) && (this.open = false), { signal });
    this.#list.tick(Date.now());
    this.#timer = setInterval(() => this.#list.tick(Date.now()), 30_000);
    this.#panel.show(this.#snapshot, this.#failed);
    panel.focus({ preventScroll: true });
    this.#markSeen();
    this.setAttribute('open', '');
  }

  #markSeen(): void {
    if (this.#inbox && this.#snapshot.counts.unseen > 0) this.#inbox.markAllSeen().catch(() => {});
  }

  #scrolled(): void {
    if (this.#unseenAbove === 0 || this.#panel.scroll.scrollTop > 40) return;
    this.#unseenAbove = 0;
    this.#panel.setPill('');
    this.#markSeen();
  }

  #select(item: InboxItem, originalEvent: MouseEvent | KeyboardEvent): void {
    const event: SelectEvent = new CustomEvent('belfry-select', { detail: { item, originalEvent }, bubbles: true, composed: true, cancelable: true });
    if (!this.dispatchEvent(event)) return;
    if (!item.read) this.#do((inbox) => inbox.markRead(item));
    follow(item, originalEvent);
  }

  /** A change that fails is taken back by the inbox; here it is said. */
  #do(change: (inbox: Inbox) => Promise<void>): void {
    if (!this.#inbox) return;
    const say = (text: string) => {
      this.#failed = text;
      this.#panel.show(this.#snapshot, text);
    };
    say('');
    change(this.#inbox).catch(() => {
      say(this.#words.changeFailed);
      this.#announcer.say(this.#words.changeFailed);
    });
  }
}

if (typeof customElements !== 'undefined' && !customElements.get('belfry-inbox')) customElements.define('belfry-inbox', BelfryInboxElement);

declare global {
  interface HTMLElementTagNameMap {
    'belfry-inbox': BelfryInboxElement;
  }

  interface HTMLElementEventMap {
    'belfry-select': SelectEvent;
  }
}
