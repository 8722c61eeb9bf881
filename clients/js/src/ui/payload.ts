import type { InboxItem } from '../inbox-items.js';

/** Payloads are the application's: these are the members that most of them have. */
function member(item: InboxItem, names: readonly string[]): string | undefined {
  const { payload } = item;
  if (typeof payload === 'string' && names.includes('message')) return payload;
  if (typeof payload !== 'object' || payload === null) return undefined;
  for (const name of names) {
    const value = (payload as Record<string, unknown>)[name];
    if (typeof value === 'string' && value.trim()) return value;
  }

  return undefined;
}

/** `job.posted` as `Job posted`. */
function nameOf(type: string): string {
  const words = type.replace(/[._:/-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function titleOf(item: InboxItem): string {
  return member(item, ['title', 'subject']) ?? member(item, ['text', 'message', 'body']) ?? nameOf(item.event_type);
}

export function bodyOf(item: InboxItem): string | undefined {
  const body = member(item, ['body', 'text', 'message', 'description']);
  return body === titleOf(item) ? undefined : body;
}

/** Where a click leads. Only http and https: a payload must not be able to run a script. */
export function linkOf(item: InboxItem, base: string): string | undefined {
  return urlOf(member(item, ['url', 'link', 'href']), base);
}

export function imageOf(item: InboxItem, base: string): string | undefined {
  return urlOf(member(item, ['avatar', 'image', 'icon']), base);
}

function urlOf(text: string | undefined, base: string): string | undefined {
  if (text === undefined) return undefined;
  try {
    const url = new URL(text, base);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** A colour of its own for each kind of event, the same everywhere. */
export function hueOf(type: string): number {
  let hash = 0x811c9dc5;
  for (const char of type) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  // Steps of the golden angle lie far apart, however near the numbers are.
  return Math.round(((hash >>> 0) % 1_000) * 137.508) % 360;
}

/** Goes where the item leads, in a tab of its own where the reader asked for one. */
export function follow(item: InboxItem, event: MouseEvent | KeyboardEvent): void {
  const link = linkOf(item, document.baseURI);
  if (link === undefined) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) open(link, '_blank', 'noopener');
  else location.assign(link);
}
