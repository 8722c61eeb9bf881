type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;
type Child = Node | string | null | undefined;

const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes, listeners (functions) and children. No HTML is parsed, so no text can become any. */
export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as unknown as EventListener);
    else set(element, name, value);
  }

  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** Sets, or takes away what is false or not there; leaves alone what is so already. */
export function set(element: Element, name: string, value: string | number | boolean | null | undefined): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Properties that were set before the element's class was known hide its accessors: sets them once more, the right way. */
export function adoptProperties(element: HTMLElement, names: readonly string[]): void {
  const bag = element as unknown as Record<string, unknown>;
  for (const name of names) {
    if (!Object.hasOwn(bag, name)) continue;
    const value = bag[name];
    delete bag[name];
    bag[name] = value;
  }
}

const shapes = {
  bell: ['M6 9.5a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4s2-1.5 2-6.5', 'M10 19.5a2.2 2.2 0 0 0 4 0'],
  check: ['M5 12.5l4.5 4.5L19 7.5'],
  checks: ['M2.5 12.5l4 4 8.5-9', 'M11 15.5l1.2 1L21.5 7.5'],
  archive: ['M4 5h16v4H4z', 'M5.5 9v10h13V9', 'M10 13h4'],
  dot: ['M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  up: ['M12 19V6', 'M6.5 11.5L12 6l5.5 5.5'],
  offline: ['M3 3l18 18', 'M5 12.5a10 10 0 0 1 3.5-2.2', 'M19 12.5a10 10 0 0 0-6-2.9', 'M8.5 16a5 5 0 0 1 7 0', 'M12 19.5h.01'],
  warning: ['M12 4l9 16H3z', 'M12 10v4.5', 'M12 17.2h.01'],
} as const;

export function icon(name: keyof typeof shapes): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const d of shapes[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }

  return svg;
}
