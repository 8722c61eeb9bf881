import type { Change, Counts, Notification } from './protocol.js';

/** A notification as it stands in the inbox. */
export interface InboxItem<Payload = unknown> extends Omit<Notification<Payload>, 'prev'> {
  readonly seen: boolean;
  readonly read: boolean;
  readonly archived: boolean;
}

/** One page, as the server sends it. */
export interface Page {
  readonly items: readonly InboxItem[];
  /** Where a stream goes on without a gap or an overlap. */
  readonly streamCursor: string;
  readonly counts?: Counts | undefined;
  readonly stateVersion?: number | undefined;
  /** Whether there is more in the direction that was asked for; undefined when the page does not say. */
  readonly hasMore?: boolean | undefined;
}

type Raw = Record<string, unknown>;

/** States come as booleans or as times; a name that is missing is a state that is not there. */
export function toItem(raw: Raw): InboxItem {
  const is = (name: string) => raw[name] === true || (raw[`${name}_at`] !== undefined && raw[`${name}_at`] !== null);
  const { prev: _, ...rest } = raw;
  const read = is('read');
  return { ...rest, seen: read || is('seen'), read, archived: is('archived') } as unknown as InboxItem;
}

export function toCounts({ unread, unseen, total }: Counts): Counts {
  return { unread, unseen, total };
}

export function toPage(raw: Raw): Page {
  const list = (raw['items'] ?? raw['notifications'] ?? []) as Raw[];
  const next = raw['has_more'] ?? ('next' in raw ? raw['next'] !== null : undefined);
  return {
    items: list.map(toItem),
    streamCursor: String(raw['stream_cursor'] ?? ''),
    counts: raw['counts'] ? toCounts(raw['counts'] as Counts) : undefined,
    stateVersion: raw['state_version'] as number | undefined,
    hasMore: next as boolean | undefined,
  };
}

/** What a change is about: some seqs, or everything up to one. */
export interface Edit {
  readonly change: Change;
  readonly seqs?: readonly number[] | undefined;
  readonly upTo?: number | undefined;
}

function touches(edit: Edit, seq: number): boolean {
  return edit.seqs ? edit.seqs.includes(seq) : seq <= (edit.upTo ?? -1);
}

function changed(item: InboxItem, change: Change): InboxItem | null {
  switch (change) {
    case 'seen':
      return item.seen ? item : { ...item, seen: true };
    case 'read':
      return item.read ? item : { ...item, seen: true, read: true };
    case 'unread':
      return item.read ? { ...item, read: false } : item;
    case 'archived':
      return item.archived ? item : { ...item, seen: true, archived: true };
    default:
      return null;
  }
}

/** The list after the edit; the same array when nothing in it changed. */
export function applyEdit(items: readonly InboxItem[], edit: Edit): readonly InboxItem[] {
  let isSame = true;
  const result: InboxItem[] = [];
  for (const item of items) {
    const after = touches(edit, item.seq) ? changed(item, edit.change) : item;
    isSame &&= after === item;
    if (after) result.push(after);
  }

  return isSame ? items : result;
}

/** What the edit does to the counts, as far as the items that are known here tell. */
export function countEdit(counts: Counts, items: readonly InboxItem[], edit: Edit): Counts {
  let { unread, unseen, total } = counts;
  for (const item of items) {
    if (!touches(edit, item.seq) || item.archived) continue;
    const after = changed(item, edit.change);
    const stays = after !== null && !after.archived;
    unread += Number(stays && !after.read) - Number(!item.read);
    unseen += Number(stays && !after.seen) - Number(!item.seen);
    total += Number(stays) - 1;
  }

  if (edit.upTo !== undefined) {
    // It reaches below the pages that are loaded: what is left is what lies above it.
    const above = items.filter((item) => item.seq > edit.upTo! && !item.archived);
    if (edit.change === 'read') unread = above.filter((item) => !item.read).length;
    if (edit.change === 'read' || edit.change === 'seen') unseen = above.filter((item) => !item.seen).length;
  }

  return { unread: Math.max(0, unread), unseen: Math.max(0, unseen), total: Math.max(0, total) };
}

/** What shows: the server's items and counts with the edits that are on their way. Keeps the objects of `before` where it can. */
export function viewOf(
  base: { items: readonly InboxItem[]; counts: Counts },
  pending: readonly Edit[],
  isShown: (item: InboxItem) => boolean,
  before: { items: readonly InboxItem[]; counts: Counts },
): { items: readonly InboxItem[]; counts: Counts } {
  let { items, counts } = base;
  for (const edit of pending) {
    counts = countEdit(counts, items, edit);
    items = applyEdit(items, edit);
  }

  items = items.filter(isShown);
  const { unread, unseen, total } = before.counts;
  return {
    items: items.length === before.items.length && items.every((item, i) => item === before.items[i]) ? before.items : items,
    counts: counts.unread === unread && counts.unseen === unseen && counts.total === total ? before.counts : counts,
  };
}

/** The list with one more page at an end; what is too much goes at the other. */
export function withPage(items: readonly InboxItem[], page: readonly InboxItem[], side: 'older' | 'newer', max: number): { items: readonly InboxItem[]; isCut: boolean } {
  const known = new Set(items.map((item) => item.seq));
  const more = page.filter((item) => !known.has(item.seq));
  const all = side === 'older' ? [...items, ...more] : [...more, ...items];
  return { items: side === 'older' ? all.slice(-max) : all.slice(0, max), isCut: all.length > max };
}
