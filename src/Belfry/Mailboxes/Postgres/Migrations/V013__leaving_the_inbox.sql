-- Notifications that leave the inbox by themselves, or never enter it: what has passed its expires_at, what a newer one with the
-- same collapse_key has taken the place of, what its user has muted. All become marks, so that counts stay sums.

-- What is to expire, as a list of its own: the log is never changed, and nothing has to look through it.
CREATE TABLE belfry.expiring (
    user_id    text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX expiring_due ON belfry.expiring (expires_at);

-- The newest of each key.
CREATE TABLE belfry.collapse_keys (
    user_id      text COLLATE "C" NOT NULL,
    collapse_key text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    PRIMARY KEY (user_id, collapse_key)
) WITH (fillfactor = 70);

-- What users want to be told of, as they have said it, and the muted types as the append asks for them. Whoever has muted any has
-- a flag in what the append locks, so that it asks for nobody else's.
CREATE TABLE belfry.preferences (
    user_id        text COLLATE "C" PRIMARY KEY,
    body           json NOT NULL,
    muted_names    text[] NOT NULL,
    muted_prefixes text[] NOT NULL,
    changed_at     timestamptz NOT NULL
);
ALTER TABLE belfry.mailboxes ADD COLUMN muting boolean NOT NULL DEFAULT false;

CREATE FUNCTION belfry.is_muted(owner text, event_type text) RETURNS boolean LANGUAGE sql STABLE AS $f$
    SELECT EXISTS (
        SELECT FROM belfry.preferences p
        WHERE p.user_id = owner
          AND (event_type = ANY (p.muted_names) OR EXISTS (SELECT FROM unnest(p.muted_prefixes) AS x(prefix) WHERE starts_with(event_type, x.prefix))))
$f$;

-- Makes the mailbox of a user who has none yet: his flag stands there.
CREATE FUNCTION belfry.prefer(owner text, document json, names text[], prefixes text[]) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    INSERT INTO belfry.mailboxes (user_id, base_part, created_at)
    SELECT owner, p.starts_at, v_now FROM belfry.partitions p
    WHERE p.starts_at <= v_now AND p.ends_at > v_now AND NOT EXISTS (SELECT FROM belfry.mailboxes m WHERE m.user_id = owner)
    ON CONFLICT DO NOTHING;

    -- The mailbox first, as the append has it: what is being stored now is stored by what was said before.
    UPDATE belfry.mailboxes m SET muting = cardinality(names) + cardinality(prefixes) > 0 WHERE m.user_id = owner;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no partition for %', v_now USING ERRCODE = 'BF002';
    END IF;
    INSERT INTO belfry.preferences VALUES (owner, document, names, prefixes, v_now)
    ON CONFLICT (user_id) DO UPDATE
    SET body = excluded.body, muted_names = excluded.muted_names, muted_prefixes = excluded.muted_prefixes, changed_at = excluded.changed_at;
END $f$;

-- Gives notifications of a user a mark that hides them, where theirs are below a limit: 2 for those that are not read, 8 for
-- those that nothing else has taken out for good. Tells of it as a change of this kind. The seqs rise.
-- (Mailboxes/Marks/MarkEdit.cs does the same in memory for what users change.)
CREATE FUNCTION belfry.hide(owner text, seqs bigint[], mark smallint, below smallint, change integer) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = on SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
DECLARE
    v_seq     bigint;
    v_floor   bigint;
    v_range   belfry.marks;
    v_state   smallint;
    v_hidden  bigint[] := '{}';
    v_seen    bigint := 0;
    v_read    bigint := 0;
    v_shown   bigint := 0;
BEGIN
    INSERT INTO belfry.inboxes (user_id)
    SELECT owner WHERE NOT EXISTS (SELECT FROM belfry.inboxes i WHERE i.user_id = owner)
    ON CONFLICT DO NOTHING;
    PERFORM FROM belfry.inboxes i WHERE i.user_id = owner FOR NO KEY UPDATE;
    v_floor := (SELECT m.floor_seq FROM belfry.mailboxes m WHERE m.user_id = owner);

    FOREACH v_seq IN ARRAY seqs LOOP
        CONTINUE WHEN v_seq <= v_floor;
        SELECT * INTO v_range FROM belfry.marks k WHERE k.user_id = owner AND k.first_seq <= v_seq ORDER BY k.first_seq DESC LIMIT 1;
        IF v_range.last_seq >= v_seq THEN
            v_state := v_range.state;
            CONTINUE WHEN v_state >= below;
            DELETE FROM belfry.marks k WHERE k.user_id = owner AND k.first_seq = v_range.first_seq;
            IF v_range.first_seq < v_seq THEN
                INSERT INTO belfry.marks VALUES (owner, v_range.first_seq, v_seq - 1, v_state);
            END IF;
            IF v_range.last_seq > v_seq THEN
                INSERT INTO belfry.marks VALUES (owner, v_seq + 1, v_range.last_seq, v_state);
            END IF;
        ELSE
            v_state := 0;
        END IF;

        -- Into the range before it, when that has come to be the same.
        UPDATE belfry.marks k SET last_seq = v_seq
        WHERE k.user_id = owner AND k.last_seq = v_seq - 1 AND k.state = v_state | mark
          AND k.first_seq = (SELECT max(b.first_seq) FROM belfry.marks b WHERE b.user_id = owner AND b.first_seq < v_seq);
        IF NOT FOUND THEN
            INSERT INTO belfry.marks VALUES (owner, v_seq, v_seq, v_state | mark);
        END IF;
        v_hidden := v_hidden || v_seq;
        v_seen := v_seen + (v_state = 0)::integer;
        v_read := v_read + (v_state < 2)::integer;
        v_shown := v_shown + (v_state < 4)::integer;
    END LOOP;
    IF cardinality(v_hidden) = 0 THEN
        RETURN false;
    END IF;

    UPDATE belfry.inboxes i
    SET state_version = i.state_version + 1, seen_sum = i.seen_sum + v_seen, read_sum = i.read_sum + v_read,
        hidden_sum = i.hidden_sum + v_shown, gone_sum = i.gone_sum + cardinality(v_hidden),
        last_change = convert_to(json_build_object('UserId', owner, 'Kind', change, 'Seqs', v_hidden, 'Counts', json_build_object())::text, 'UTF8')
    WHERE i.user_id = owner;
    RETURN true;
END $f$;

-- What an append has just stored of a batch, and not found there already. (Nested loops are what an append must not have, and what
-- these need.)
CREATE FUNCTION belfry.find_stored(users text[], keys uuid[], ids uuid[], since timestamptz) RETURNS SETOF belfry.notifications LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
BEGIN
    RETURN QUERY
    SELECT n.* FROM unnest(users, keys, ids) AS b(user_id, event_key, id)
    CROSS JOIN LATERAL (
        SELECT x.* FROM belfry.notifications x
        WHERE x.event_key = b.event_key AND x.user_id ~>=~ b.user_id AND x.user_id ~<=~ b.user_id AND x.received_at >= since
        OFFSET 0) n
    WHERE n.notification_id = b.id;
END $f$;

-- Puts away what is muted, with the reason.
CREATE FUNCTION belfry.mute(users text[], keys uuid[], ids uuid[], since timestamptz) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_user text;
    v_seqs bigint[];
BEGIN
    FOR v_user, v_seqs IN
        SELECT s.user_id, array_agg(s.seq ORDER BY s.seq) FROM belfry.find_stored(users, keys, ids, since) s
        WHERE belfry.is_muted(s.user_id, s.event_type)
        GROUP BY s.user_id ORDER BY s.user_id COLLATE "C"
    LOOP
        PERFORM belfry.hide(v_user, v_seqs, 68::smallint, 8::smallint, 9);
    END LOOP;
END $f$;

-- Of the unread ones with the same key only the newest stays. The mailboxes are locked already, by the append.
CREATE FUNCTION belfry.collapse(users text[], keys uuid[], ids uuid[], since timestamptz) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_user text;
    v_seqs bigint[];
BEGIN
    FOR v_user, v_seqs IN
        WITH new AS MATERIALIZED (
            SELECT s.user_id, s.collapse_key, s.seq, max(s.seq) OVER (PARTITION BY s.user_id, s.collapse_key) AS newest
            FROM belfry.find_stored(users, keys, ids, since) s
            WHERE s.collapse_key IS NOT NULL AND belfry.marks_of(s.user_id, s.seq) < 8
        ), old AS (
            SELECT DISTINCT c.user_id, c.seq FROM new JOIN belfry.collapse_keys c ON c.user_id = new.user_id AND c.collapse_key = new.collapse_key
        ), kept AS (
            INSERT INTO belfry.collapse_keys AS c (user_id, collapse_key, seq)
            SELECT user_id, collapse_key, newest FROM new GROUP BY user_id, collapse_key, newest ORDER BY user_id COLLATE "C", collapse_key COLLATE "C"
            ON CONFLICT (user_id, collapse_key) DO UPDATE SET seq = excluded.seq
        )
        SELECT h.user_id, array_agg(h.seq ORDER BY h.seq)
        FROM (SELECT user_id, seq FROM old UNION SELECT user_id, seq FROM new WHERE seq < newest) h
        GROUP BY h.user_id ORDER BY h.user_id COLLATE "C"
    LOOP
        PERFORM belfry.hide(v_user, v_seqs, 32::smallint, 2::smallint, 7);
    END LOOP;
END $f$;

-- Marks what has expired, so much at once; says whose that was, with the mailbox's generation where his inbox is other than before.
-- One does it at a time.
CREATE FUNCTION belfry.expire(most integer) RETURNS TABLE (user_id text, generation integer, expired integer) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_user text;
    v_seqs bigint[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('belfry.expire')) THEN
        RETURN;
    END IF;

    FOR v_user, v_seqs IN
        SELECT d.user_id, array_agg(d.seq ORDER BY d.seq)
        FROM (SELECT e.user_id, e.seq FROM belfry.expiring e WHERE e.expires_at <= belfry.now() ORDER BY e.expires_at LIMIT most) d
        GROUP BY d.user_id ORDER BY d.user_id COLLATE "C"
    LOOP
        RETURN QUERY
        SELECT v_user, CASE WHEN belfry.hide(v_user, v_seqs, 16::smallint, 8::smallint, 8)
                            THEN (SELECT m.generation FROM belfry.mailboxes m WHERE m.user_id = v_user) END,
               cardinality(v_seqs);
        DELETE FROM belfry.expiring e WHERE e.user_id = v_user AND e.seq = ANY (v_seqs);
    END LOOP;
END $f$;

-- Forgets the keys of what is below the floor.
CREATE FUNCTION belfry.trim_keys(users text[]) RETURNS void LANGUAGE sql AS $f$
    DELETE FROM belfry.collapse_keys k USING belfry.mailboxes m
    WHERE k.user_id = ANY (users) AND m.user_id = k.user_id AND k.seq <= m.floor_seq
$f$;

-- As before, with when each expires and what it takes the place of. Where a batch has none of either, the arrays are empty; they are
-- not unnested with the others, because two more columns for every row cost a tenth of the whole.
CREATE FUNCTION belfry.append(
    users text[], keys uuid[], ids uuid[], sources text[], event_ids text[], types text[], priorities smallint[],
    timestamps timestamptz[], traceparents text[], attributes json[], payloads json[],
    o_clusters text[], o_groups text[], o_topics text[], o_partitions integer[], o_expected bigint[], o_next bigint[],
    d_clusters text[], d_groups text[], d_topics text[], d_partitions integer[], d_offsets bigint[], d_reasons text[],
    d_keys bytea[], d_values bytea[], expiries timestamptz[], collapse_keys text[])
RETURNS TABLE (place integer, seq bigint, duplicate boolean, generation integer, received_at timestamptz, hidden boolean)
LANGUAGE plpgsql
-- A generic plan takes every unnest for 10 rows and would join with nested loops; a freshly made partition looks empty and
-- would be read from end to end.
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_users text[];
    v_locked integer;
    v_oldest_base timestamptz;
    v_newest_base timestamptz;
    v_now timestamptz;
    v_start timestamptz;
    v_end timestamptz;
    v_previous timestamptz;
    v_muting boolean;
BEGIN
    IF cardinality(o_topics) > 0 THEN
        PERFORM belfry.move_offsets(o_clusters, o_groups, o_topics, o_partitions, o_expected, o_next);
    END IF;
    IF cardinality(d_topics) > 0 THEN
        INSERT INTO belfry.dead_letters
        SELECT d.*, belfry.now(), NULL
        FROM unnest(d_clusters, d_groups, d_topics, d_partitions, d_offsets, d_reasons, d_keys, d_values) d
        ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(users) = 0 THEN
        RETURN;
    END IF;

    SELECT array_agg(DISTINCT u COLLATE "C" ORDER BY u COLLATE "C") INTO v_users FROM unnest(users) u;

    -- New mailboxes first, before any lock is held: whoever inserts while it holds locks can wait for somebody who waits for
    -- those. A clock that steps back over a partition's border must not put a later seq into an earlier partition: see below.
    IF (SELECT count(*) FROM belfry.mailboxes WHERE user_id = ANY (v_users)) < cardinality(v_users) THEN
        v_now := belfry.now();
        INSERT INTO belfry.mailboxes (user_id, base_part, created_at)
        SELECT u, (SELECT starts_at FROM belfry.partitions WHERE starts_at <= v_now AND ends_at > v_now), v_now
        FROM unnest(v_users) u
        WHERE EXISTS (SELECT FROM belfry.partitions WHERE starts_at <= v_now AND ends_at > v_now)
        ORDER BY u COLLATE "C"
        ON CONFLICT DO NOTHING;
    END IF;

    SELECT count(*), min(m.base_part), max(m.base_part), bool_or(m.muting) INTO v_locked, v_oldest_base, v_newest_base, v_muting
    FROM (SELECT base_part, muting FROM belfry.mailboxes WHERE user_id = ANY (v_users) ORDER BY user_id FOR NO KEY UPDATE) m;
    v_now := greatest(belfry.now(), v_newest_base);
    SELECT starts_at, ends_at INTO v_start, v_end FROM belfry.partitions WHERE starts_at <= v_now AND ends_at > v_now;
    IF NOT FOUND OR v_locked < cardinality(v_users) THEN
        RAISE EXCEPTION 'there is no partition for %', v_now USING ERRCODE = 'BF002';
    END IF;

    IF v_oldest_base < v_start THEN
        UPDATE belfry.mailboxes m
        SET base_part = v_start,
            base_seq = greatest(m.base_seq, (SELECT n.seq FROM belfry.notifications n
                                             WHERE n.user_id = m.user_id AND n.received_at < v_start
                                             ORDER BY n.seq DESC LIMIT 1))
        WHERE m.user_id = ANY (v_users) AND m.base_part < v_start;
    END IF;

    v_previous := coalesce((SELECT max(starts_at) FROM belfry.partitions WHERE starts_at < v_start), v_start);

    RETURN QUERY
    -- The user is compared in a way that only the index on (event_key, user_id) can serve: with a plain equality, a planner
    -- that knows nothing of a young partition may take the other index and walk the user's whole partition for each event.
    WITH b AS MATERIALIZED (
        SELECT t.*, (SELECT n.seq FROM belfry.notifications n
                     WHERE n.event_key = t.event_key AND n.user_id ~>=~ t.user_id AND n.user_id ~<=~ t.user_id
                       AND n.received_at >= v_previous AND n.received_at < v_end
                     LIMIT 1) AS first_seq
        FROM unnest(users, keys, ids, sources, event_ids, types, priorities, timestamps, traceparents, attributes, payloads)
             WITH ORDINALITY AS t(user_id, event_key, id, source, event_id, event_type, priority, event_timestamp, traceparent,
                                  attributes, payload, place)
    ), m AS MATERIALIZED (
        SELECT x.user_id, x.generation, x.base_seq,
               (SELECT ROW(n.seq, n.received_at)::belfry.newest FROM belfry.notifications n
                WHERE n.user_id = x.user_id AND n.received_at >= v_start AND n.received_at < v_end
                ORDER BY n.seq DESC LIMIT 1) AS newest
        FROM belfry.mailboxes x WHERE x.user_id = ANY (v_users)
    ), r AS MATERIALIZED (
        SELECT b.*, m.generation,
               greatest(v_now, (m.newest).received_at) AS at,
               coalesce((m.newest).seq, m.base_seq)
                   + count(*) FILTER (WHERE b.first_seq IS NULL) OVER (PARTITION BY b.user_id ORDER BY b.place) AS new_seq
        FROM b JOIN m ON m.user_id = b.user_id
    ), stored AS (
        INSERT INTO belfry.notifications (seq, received_at, event_timestamp, notification_id, event_key, priority, user_id,
                                          source, event_id, event_type, traceparent, attributes, payload, expires_at,
                                          collapse_key)
        SELECT new_seq, at, event_timestamp, id, event_key, priority, user_id, source, event_id, event_type, traceparent,
               attributes, payload, expiries[place::integer], collapse_keys[place::integer]
        FROM r WHERE first_seq IS NULL ORDER BY place
    )
    SELECT (r.place - 1)::integer, coalesce(r.first_seq, r.new_seq), r.first_seq IS NOT NULL, r.generation, r.at,
           CASE WHEN v_muting THEN belfry.is_muted(r.user_id, r.event_type) ELSE false END
    FROM r;

    IF v_muting THEN
        PERFORM belfry.mute(users, keys, ids, v_previous);
    END IF;
    IF cardinality(expiries) > 0 THEN
        INSERT INTO belfry.expiring (user_id, seq, expires_at)
        SELECT n.user_id, n.seq, n.expires_at FROM belfry.find_stored(users, keys, ids, v_previous) n WHERE n.expires_at IS NOT NULL;
    END IF;
    IF cardinality(collapse_keys) > 0 THEN
        PERFORM belfry.collapse(users, keys, ids, v_previous);
    END IF;
END $f$;

-- The version before calls this one.
CREATE OR REPLACE FUNCTION belfry.append(
    users text[], keys uuid[], ids uuid[], sources text[], event_ids text[], types text[], priorities smallint[],
    timestamps timestamptz[], traceparents text[], attributes json[], payloads json[],
    o_clusters text[], o_groups text[], o_topics text[], o_partitions integer[], o_expected bigint[], o_next bigint[],
    d_clusters text[], d_groups text[], d_topics text[], d_partitions integer[], d_offsets bigint[], d_reasons text[],
    d_keys bytea[], d_values bytea[])
RETURNS TABLE (place integer, seq bigint, duplicate boolean, generation integer, received_at timestamptz)
LANGUAGE sql AS $f$
    SELECT a.place, a.seq, a.duplicate, a.generation, a.received_at
    FROM belfry.append(users, keys, ids, sources, event_ids, types, priorities, timestamps, traceparents, attributes, payloads,
                                o_clusters, o_groups, o_topics, o_partitions, o_expected, o_next,
                                d_clusters, d_groups, d_topics, d_partitions, d_offsets, d_reasons, d_keys, d_values, '{}', '{}') a
$f$;

-- As before, and whether a notification is shown to nobody any more.
CREATE FUNCTION belfry.read_new_shown(users text[], afters bigint[], most integer)
RETURNS TABLE (seq bigint, notification_id uuid, source text, event_id text, event_type text, priority smallint, event_timestamp timestamptz,
               received_at timestamptz, traceparent text, attributes json, payload json, expires_at timestamptz, collapse_key text,
               hidden boolean, generation integer, place integer)
LANGUAGE plpgsql
-- A generic plan that was made while a partition was empty would read all of it later.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := belfry.now();
    v_since timestamptz := v_now - interval '8 days';
BEGIN
    RETURN QUERY
    SELECT n.seq, n.notification_id, n.source, n.event_id, n.event_type, n.priority, n.event_timestamp, n.received_at, n.traceparent,
           n.attributes, n.payload, n.expires_at, n.collapse_key,
           n.expires_at <= v_now IS TRUE OR CASE WHEN i.gone_sum > 0 THEN belfry.marks_of(u.user_id, n.seq) >= 8 ELSE false END,
           m.generation, (u.place - 1)::integer
    FROM unnest(users, afters) WITH ORDINALITY AS u(user_id, after_seq, place)
    JOIN belfry.mailboxes m ON m.user_id = u.user_id
    LEFT JOIN belfry.inboxes i ON i.user_id = u.user_id
    CROSS JOIN LATERAL (
        SELECT x.* FROM belfry.notifications x
        WHERE x.user_id = u.user_id AND x.seq > u.after_seq AND x.received_at >= v_since
        ORDER BY x.user_id, x.seq LIMIT most) n;
END $f$;
