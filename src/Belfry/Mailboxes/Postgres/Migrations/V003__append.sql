-- The append: one call, one transaction, one round trip for a batch of any size.
--
--   1. the Kafka offsets, compare and set         (offset rows are locked before mailboxes, everywhere)
--   2. the mailboxes, locked in user order        (the one order in which anything locks several mailboxes)
--   3. in a new snapshot, which sees all that the locks' last holders committed:
--      duplicates, the last seqs, the new seqs, the rows
--
-- Each numbered step is a statement of its own because a statement sees only what was committed before it began to wait.
-- The caller sends no (user, key) twice in one batch.

CREATE TYPE belfry.newest AS (seq bigint, received_at timestamptz);

CREATE FUNCTION belfry.append(
    users text[], keys uuid[], ids uuid[], sources text[], event_ids text[], types text[], priorities smallint[],
    timestamps timestamptz[], traceparents text[], attributes json[], payloads json[],
    o_clusters text[], o_groups text[], o_topics text[], o_partitions integer[], o_expected bigint[], o_next bigint[],
    d_clusters text[], d_groups text[], d_topics text[], d_partitions integer[], d_offsets bigint[], d_reasons text[],
    d_keys bytea[], d_values bytea[])
RETURNS TABLE (place integer, seq bigint, duplicate boolean, generation integer, received_at timestamptz)
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

    SELECT count(*), min(m.base_part), max(m.base_part) INTO v_locked, v_oldest_base, v_newest_base
    FROM (SELECT base_part FROM belfry.mailboxes WHERE user_id = ANY (v_users) ORDER BY user_id FOR NO KEY UPDATE) m;
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
                                          source, event_id, event_type, traceparent, attributes, payload)
        SELECT new_seq, at, event_timestamp, id, event_key, priority, user_id, source, event_id, event_type, traceparent,
               attributes, payload
        FROM r WHERE first_seq IS NULL ORDER BY place
    )
    SELECT (r.place - 1)::integer, coalesce(r.first_seq, r.new_seq), r.first_seq IS NOT NULL, r.generation, r.at FROM r;
END $f$;
