/** What the server sends. The contract is docs/protocol.md of the server. */

export type Priority = 'HIGH' | 'MEDIUM' | 'LOW';

/** One notification, as it stands in its user's mailbox. */
export interface Notification<Payload = unknown> {
  /** The publisher's id of the event; unique together with `source`. */
  readonly id: string;
  readonly source: string;
  readonly user_id: string;
  readonly event_type: string;
  readonly priority: Priority;
  /** RFC 3339: when it happened, as the publisher says. */
  readonly event_timestamp: string;
  readonly payload: Payload;
  readonly traceparent?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The server's own name of it, a UUIDv7. */
  readonly notification_id: string;
  /** Its number in the mailbox: 1, 2, 3, … */
  readonly seq: number;
  /** RFC 3339: when it was stored. */
  readonly received_at: string;
  /** The last seq that the stream had covered before this one. */
  readonly prev: number;
}

export interface Counts {
  readonly unread: number;
  readonly unseen: number;
  /** What is neither archived nor deleted nor expired. */
  readonly total: number;
}

export interface CaughtUp {
  readonly cursor: string;
  readonly state_version: number;
  readonly counts: Counts;
}

/** Something may be missing from what the application shows; `gap` is found by this client, the others by the server. */
export interface Reset {
  readonly reason: 'retention' | 'epoch' | 'ahead' | 'gap';
  readonly cursor: string;
}

/** The server ends this connection on purpose. */
export interface Bye {
  readonly retry_ms: number;
}

export type Change = 'seen' | 'read' | 'unread' | 'archived' | 'deleted' | 'collapsed' | 'expired' | 'muted';

/** One change of a mailbox's state, made by any of the user's devices. */
export interface StateChange {
  readonly change: Change;
  readonly seqs?: readonly number[];
  /** Everything up to this cursor or seq. */
  readonly up_to?: string | number;
  readonly state_version: number;
  readonly counts: Counts;
}

/**
 * - `connecting`: on the way, or replaying what was missed
 * - `live`: everything that was there is through
 * - `offline`: the last attempt failed; the next one is waited for
 * - `closed`: by `close()`, or for good
 */
export type Status = 'connecting' | 'live' | 'offline' | 'closed';

export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Null when the text is no cursor. */
export function parseCursor(text: string | null | undefined): Cursor | null {
  const match = /^([0-9a-z.]{1,32})-(0|[1-9]\d{0,15})$/.exec(text ?? '');
  return match && { epoch: match[1]!, seq: Number(match[2]) };
}

/** Whether `types` (names, or prefixes with `*`) let this type through; no list lets everything. */
export function matchesTypes(types: readonly string[] | undefined, type: string): boolean {
  return !types?.length || types.some((t) => (t.endsWith('*') ? type.startsWith(t.slice(0, -1)) : t === type));
}
