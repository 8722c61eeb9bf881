-- The inbox: what users have done with what is in their mailboxes. Nothing here is touched by an append.

-- Ranges of a mailbox in which every notification has the same marks; what has none stands in no range. Marks are bits:
--   1 seen   2 read   4 archived   8 deleted   16 expired   32 collapsed   64 muted
CREATE TABLE marks (
    user_id   TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    state     INTEGER NOT NULL CHECK (state > 0),
    PRIMARY KEY (user_id, first_seq),
    CHECK (first_seq <= last_seq)
) STRICT, WITHOUT ROWID;

-- The sums are over the user's ranges: how many notifications are in any (seen), in one from 2 on (read), in one from 4 on
-- (hidden), in one from 8 on (gone: in no page and on no stream). What ranges have below the floor is taken out when it is read.
CREATE TABLE inboxes (
    user_id       TEXT PRIMARY KEY,
    state_version INTEGER NOT NULL DEFAULT 0,
    seen_sum      INTEGER NOT NULL DEFAULT 0,
    read_sum      INTEGER NOT NULL DEFAULT 0,
    hidden_sum    INTEGER NOT NULL DEFAULT 0,
    gone_sum      INTEGER NOT NULL DEFAULT 0,
    -- The last change, for streams that were not told of it.
    last_change   BLOB
) STRICT, WITHOUT ROWID;

DROP VIEW notification_status;
CREATE VIEW notification_status AS
SELECT s.user_id, s.seq,
       CASE WHEN s.state & 8 <> 0 THEN 'deleted'
            WHEN s.state & 16 <> 0 OR s.expires_at <= CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) THEN 'expired'
            WHEN s.state >= 4 THEN 'archived'
            WHEN s.state & 2 <> 0 THEN 'read'
            WHEN s.state & 1 <> 0 THEN 'seen'
            WHEN s.seq <= s.delivered_seq THEN 'delivered'
            ELSE 'pending' END AS status
FROM (SELECT n.user_id, n.seq, n.expires_at, c.delivered_seq,
             coalesce((SELECT CASE WHEN k.last_seq >= n.seq THEN k.state END FROM marks k
                       WHERE k.user_id = n.user_id AND k.first_seq <= n.seq ORDER BY k.first_seq DESC LIMIT 1), 0) AS state
      FROM notifications n LEFT JOIN cursors c ON c.user_id = n.user_id) AS s;
