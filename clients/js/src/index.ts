export { connect, type Client, type ClientEvents, type ConnectOptions } from './client.js';
export { BelfryError } from './errors.js';
export type { Inbox, InboxFilter, InboxItem, InboxOptions, InboxSnapshot, Target } from './inbox.js';
export { Parser, type Block } from './parser.js';
export type { CaughtUp, Change, Counts, Notification, Priority, Reset, StateChange, Status } from './protocol.js';
export type { Token } from './session.js';
export { VERSION } from './version.js';
