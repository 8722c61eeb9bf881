import type { BelfryError } from './errors.js';
import type { InboxItem } from './inbox-items.js';
import type { Counts, Status } from './protocol.js';

export type InboxFilter = 'all' | 'unread' | 'archived';

export interface InboxOptions {
  filter?: InboxFilter;
  /** Only these event types; the client's own when absent. */
  types?: readonly string[] | undefined;
  /** Items a page (default 25). */
  limit?: number;
  /** Items that are kept at most (default 500); what is dropped at one end can be loaded again. */
  maxItems?: number;
}

/** What an inbox shows. Every change makes a new one; one that is the same object has not changed. */
export interface InboxSnapshot {
  /** Newest first. */
  readonly items: readonly InboxItem[];
  readonly counts: Counts;
  /** The page that is on its way. */
  readonly loading: 'none' | 'first' | 'older' | 'newer';
  /** Whether a first page has come. */
  readonly isLoaded: boolean;
  readonly hasOlder: boolean;
  /** Only after so much was loaded that the newest items were dropped. */
  readonly hasNewer: boolean;
  /** Why the last request failed; undefined after one that did not. */
  readonly error: BelfryError | undefined;
  readonly status: Status;
}

/** One item, its seq, or several of either. */
export type Target = number | InboxItem | readonly (number | InboxItem)[];

/** Before anything has come. */
export function emptySnapshot(status: Status): InboxSnapshot {
  const counts = { unread: 0, unseen: 0, total: 0 };
  return { items: [], counts, loading: 'first', isLoaded: false, hasOlder: false, hasNewer: false, error: undefined, status };
}
