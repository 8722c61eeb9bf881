import { h, icon, set, setText } from './dom.js';
import type { Texts } from './texts.js';

/** The button with its badge. */
export class Bell {
  readonly element: HTMLButtonElement;
  readonly #badge = h('span', { class: 'badge', part: 'badge', hidden: true, 'aria-hidden': 'true' });

  constructor(onClick: (event: MouseEvent) => void) {
    const attributes = { class: 'bell', part: 'bell', type: 'button', 'aria-haspopup': 'dialog', 'aria-controls': 'panel', click: onClick };
    this.element = h('button', attributes, icon('bell'), this.#badge);
    this.setExpanded(false);
  }

  setExpanded(isExpanded: boolean): void {
    set(this.element, 'aria-expanded', isExpanded ? 'true' : 'false');
  }

  show(unread: number, hasArrived: boolean, texts: Texts, locale: string): void {
    const number = new Intl.NumberFormat(locale).format(Math.min(unread, 99));
    const text = unread > 99 ? `${number}+` : number;
    this.#badge.hidden = unread === 0;
    if (hasArrived && this.#badge.textContent !== text) this.#pop();
    setText(this.#badge, text);
    set(this.element, 'aria-label', texts.bell(unread, locale));
  }

  #pop(): void {
    this.#badge.classList.remove('pop');
    // Read, so that the animation begins anew.
    void this.#badge.offsetWidth;
    this.#badge.classList.add('pop');
  }
}
