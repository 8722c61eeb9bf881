-- The inbox: what users have done with what is in their mailboxes. Nothing here is touched by an append.

-- Ranges of a mailbox in which every notification has the same marks; what has none stands in no range. "All read" is one row,
-- however much that is. Ranges of a mailbox do not overlap, and neighbours differ. Marks are bits:
--   1 seen   2 read   4 archived   8 deleted   16 expired   32 collapsed   64 muted
-- read goes with seen, and from 4 on it is hidden, which the bit gives the reason of.
CREATE TABLE belfry.marks (
    user_id   text COLLATE "C" NOT NULL,
    first_seq bigint NOT NULL,
    last_seq  bigint NOT NULL,
    state     smallint NOT NULL CHECK (state > 0),
    PRIMARY KEY (user_id, first_seq),
    CHECK (first_seq <= last_seq)
);

-- One row for each user who has ever marked something, locked by each change of his inbox. The sums are over his ranges:
-- how many notifications are in any (seen), in one from 2 on (read), in one from 4 on (hidden), in one from 8 on (gone: in no page and on no stream). So
-- unread = last - floor - read, and likewise the others; what ranges have below the floor is taken out when it is read, so that
-- whoever raises the floor need not know of all this.
CREATE TABLE belfry.inboxes (
    user_id       text COLLATE "C" PRIMARY KEY,
    state_version bigint NOT NULL DEFAULT 0,
    seen_sum      bigint NOT NULL DEFAULT 0,
    read_sum      bigint NOT NULL DEFAULT 0,
    hidden_sum    bigint NOT NULL DEFAULT 0,
    gone_sum      bigint NOT NULL DEFAULT 0,
    -- The last change, for instances that were not told of it.
    last_change   bytea
) WITH (fillfactor = 50);

-- Where mailboxes stand: always asked for by their users. cursors.state_version is not used any more.
CREATE VIEW belfry.heads AS
SELECT m.user_id, m.generation, m.floor_seq,
       greatest(m.base_seq, (SELECT n.seq FROM belfry.notifications n
                             WHERE n.user_id = m.user_id AND n.received_at >= m.base_part
                             ORDER BY n.seq DESC LIMIT 1)) AS last_seq,
       coalesce(c.delivered_seq, 0) AS delivered_seq,
       coalesce(i.state_version, 0) AS state_version,
       coalesce(i.seen_sum - below.seen, 0) AS seen_sum,
       coalesce(i.read_sum - below.read, 0) AS read_sum,
       coalesce(i.hidden_sum - below.hidden, 0) AS hidden_sum,
       coalesce(i.gone_sum - below.gone, 0) AS gone_sum
FROM belfry.mailboxes m
LEFT JOIN belfry.cursors c ON c.user_id = m.user_id
LEFT JOIN belfry.inboxes i ON i.user_id = m.user_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.size), 0)::bigint AS seen,
           coalesce(sum(r.size) FILTER (WHERE r.state >= 2), 0)::bigint AS read,
           coalesce(sum(r.size) FILTER (WHERE r.state >= 4), 0)::bigint AS hidden,
           coalesce(sum(r.size) FILTER (WHERE r.state >= 8), 0)::bigint AS gone
    FROM (SELECT k.state, least(k.last_seq, m.floor_seq) - k.first_seq + 1 AS size
          FROM belfry.marks k WHERE k.user_id = i.user_id AND k.first_seq <= m.floor_seq) r) below;

-- The marks of one notification.
CREATE FUNCTION belfry.marks_of(owner text, seq bigint) RETURNS smallint LANGUAGE sql STABLE AS $f$
    SELECT coalesce((SELECT CASE WHEN k.last_seq >= seq THEN k.state END FROM belfry.marks k
                     WHERE k.user_id = owner AND k.first_seq <= seq ORDER BY k.first_seq DESC LIMIT 1), 0)::smallint
$f$;

CREATE OR REPLACE VIEW belfry.notification_status AS
SELECT s.user_id, s.seq,
       CASE WHEN s.state & 8 <> 0 THEN 'deleted'
            WHEN s.state & 16 <> 0 OR s.expires_at <= clock_timestamp() THEN 'expired'
            WHEN s.state >= 4 THEN 'archived'
            WHEN s.state & 2 <> 0 THEN 'read'
            WHEN s.state & 1 <> 0 THEN 'seen'
            WHEN s.seq <= s.delivered_seq THEN 'delivered'
            ELSE 'pending' END AS status
FROM (SELECT n.user_id, n.seq, n.expires_at, c.delivered_seq,
             CASE WHEN i.user_id IS NULL THEN 0 ELSE belfry.marks_of(n.user_id, n.seq) END AS state
      FROM belfry.notifications n LEFT JOIN belfry.cursors c USING (user_id) LEFT JOIN belfry.inboxes i USING (user_id)) s;

-- Takes out what ranges have below the floor. Several users, in the order in which everything locks them.
CREATE FUNCTION belfry.trim_marks(users text[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $f$
BEGIN
    PERFORM FROM belfry.inboxes i WHERE i.user_id = ANY (users) ORDER BY i.user_id FOR NO KEY UPDATE;

    -- In statements of their own, which see what the locks' last holders committed.
    UPDATE belfry.inboxes i
    SET seen_sum = h.seen_sum, read_sum = h.read_sum, hidden_sum = h.hidden_sum, gone_sum = h.gone_sum
    FROM belfry.heads h
    WHERE i.user_id = ANY (users) AND h.user_id = i.user_id
      AND EXISTS (SELECT FROM belfry.marks k WHERE k.user_id = i.user_id AND k.first_seq <= h.floor_seq);
    WITH below AS (
        DELETE FROM belfry.marks k USING belfry.mailboxes m
        WHERE k.user_id = ANY (users) AND m.user_id = k.user_id AND k.first_seq <= m.floor_seq
        RETURNING k.user_id, m.floor_seq, k.last_seq, k.state
    )
    INSERT INTO belfry.marks (user_id, first_seq, last_seq, state)
    SELECT b.user_id, b.floor_seq + 1, b.last_seq, b.state FROM below b WHERE b.last_seq > b.floor_seq;
END $f$;
