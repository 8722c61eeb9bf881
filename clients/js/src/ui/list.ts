import type { InboxItem } from '../inbox-items.js';
import { h, set } from './dom.js';
import { Row, type RowContext } from './row.js';

/** The rows, by seq: what has not changed is not touched, so that focus, scrolling and selection stay. */
export class List {
  readonly element: HTMLElement;
  #rows = new Map<number, Row>();
  #order: Row[] = [];
  #active: number | undefined;

  constructor(private readonly context: RowContext) {
    this.element = h('div', { role: 'feed', part: 'list', keydown: (event: KeyboardEvent) => this.#key(event), focusin: (event: FocusEvent) => this.#focused(event) });
  }

  /** @param total how many there are in all; -1 when that is not known */
  show(items: readonly InboxItem[], total: number, isAnimated: boolean): void {
    const rows = new Map<number, Row>();
    const focused = this.#focusedIndex();
    const newest = this.#order[0]?.item.seq ?? Infinity;
    let before: Element | null = null;
    for (const [index, item] of items.entries()) {
      let row = this.#rows.get(item.seq);
      if (!row) {
        row = new Row(item, this.context);
        if (isAnimated && item.seq > newest) row.element.classList.add('new');
      } else if (row.item !== item) row.update(item);
      rows.set(item.seq, row);
      row.place(index, total);
      const place: Element | null = before ? before.nextElementSibling : this.element.firstElementChild;
      if (place !== row.element) this.element.insertBefore(row.element, place);
      before = row.element;
    }

    for (const [seq, row] of this.#rows) if (!rows.has(seq)) row.element.remove();
    this.#rows = rows;
    this.#order = [...rows.values()];
    if (this.#active === undefined || !rows.has(this.#active)) {
      this.#active = this.#order[Math.min(Math.max(focused, 0), this.#order.length - 1)]?.item.seq;
      // What had the focus is gone: the next one takes it, and the reader stays where he was.
      if (focused >= 0) this.focus();
    }

    for (const row of this.#order) row.setActive(row.item.seq === this.#active);
  }

  setBusy(isBusy: boolean): void {
    set(this.element, 'aria-busy', isBusy ? 'true' : 'false');
  }

  tick(now: number): void {
    for (const row of this.#order) row.tick(now);
  }

  /** Returns whether there was a row to focus. */
  focus(): boolean {
    const row = this.#active === undefined ? this.#order[0] : this.#rows.get(this.#active);
    row?.element.focus();
    return row !== undefined;
  }

  #focusedIndex(): number {
    const focused = (this.element.getRootNode() as ShadowRoot | Document).activeElement;
    return focused ? this.#order.findIndex((row) => row.element.contains(focused)) : -1;
  }

  #focused(event: FocusEvent): void {
    const row = this.#order.find(({ element }) => element.contains(event.target as Node));
    if (!row || row.item.seq === this.#active) return;
    if (this.#active !== undefined) this.#rows.get(this.#active)?.setActive(false);
    this.#active = row.item.seq;
    row.setActive(true);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#focusedIndex();
    const last = this.#order.length - 1;
    const row = this.#order[at];
    if (!row) return;
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 5, PageUp: at - 5 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = this.#order[Math.min(Math.max(step, 0), last)]!.element;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: 'nearest' });
    } else if (event.target !== row.element) {
      // A button in the row has its own Enter and Space.
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.context.select(row.item, event);
    } else if (event.key === 'Delete') {
      event.preventDefault();
      this.context.archive(row.item);
    }
  }
}
