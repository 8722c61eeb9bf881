-- Mailboxes: who has one, what stands in it, how far it has been delivered.
-- Times are microseconds since 1970 (UTC), keys and ids the 16 bytes of a UUID.

-- The name of this store's history, and the counter whose other half stands in the file beside the database.
CREATE TABLE store (
    only_row   INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    epoch      TEXT NOT NULL,
    counter    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Written once for each user: the last seq is the log's newest, or floor_seq when the log has nothing left of the mailbox.
CREATE TABLE mailboxes (
    user_id    TEXT PRIMARY KEY CHECK (instr(user_id, char(0)) = 0),
    generation INTEGER NOT NULL DEFAULT 0,
    floor_seq  INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What moves often stands apart from what an append reads.
CREATE TABLE cursors (
    user_id       TEXT PRIMARY KEY,
    delivered_seq INTEGER NOT NULL DEFAULT 0,
    state_version INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The log, in the order in which it was written: position order is received_at order, so that the oldest rows are the first
-- ones and need no index to be found. Rows of one user lie apart; clustered by user, an append would rewrite a page of full
-- rows for each of them, which costs more than twice as much.
CREATE TABLE notifications (
    position        INTEGER PRIMARY KEY,
    user_id         TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    event_timestamp INTEGER NOT NULL,
    expires_at      INTEGER,
    notification_id BLOB NOT NULL,
    event_key       BLOB NOT NULL,
    priority        INTEGER NOT NULL,
    source          TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    collapse_key    TEXT,
    traceparent     TEXT,
    attributes      TEXT CHECK (attributes IS NULL OR json_valid(attributes)),
    payload         TEXT NOT NULL CHECK (json_valid(payload))
) STRICT;
CREATE UNIQUE INDEX notifications_seq ON notifications (user_id, seq);
CREATE UNIQUE INDEX notifications_event ON notifications (event_key, user_id);

-- The present is reckoned in days, which every SQLite can: 2440587.5 is the Julian day on which 1970 began.
CREATE VIEW notification_status AS
SELECT n.user_id, n.seq,
       CASE WHEN n.expires_at <= CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) THEN 'expired'
            WHEN n.seq <= c.delivered_seq THEN 'delivered'
            ELSE 'pending' END AS status
FROM notifications n LEFT JOIN cursors c ON c.user_id = n.user_id;
