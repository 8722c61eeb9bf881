-- Webhooks: how far the log has been looked through for each endpoint, and what of it became a task.

CREATE TABLE belfry.webhook_endpoints (
    name        text COLLATE "C" PRIMARY KEY,
    -- Its tasks have the ranks number * 4 + priority: its own stretch of the index of what is due.
    number      smallint NOT NULL GENERATED ALWAYS AS IDENTITY (MAXVALUE 8000) UNIQUE,
    -- Everything up to this place in the log has been looked at.
    received_at timestamptz NOT NULL,
    user_id     text COLLATE "C" NOT NULL DEFAULT '',
    seq         bigint NOT NULL DEFAULT 0,
    scanned_at  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- A few bytes for 4 MB of the log, which an append does not write to until a range has been summed up; and that is done by who
-- needs it (see summarize_log). By itself PostgreSQL would do it once a minute for at most 256 ranges, and drop the others.
CREATE OR REPLACE FUNCTION belfry.ensure_partition(at timestamptz) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_start timestamptz := date_bin('7 days', at, timestamptz '2024-01-01 00:00:00+00');
    v_end   timestamptz := v_start + interval '7 days';
    v_name  text := 'notifications_' || to_char(v_start AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('belfry.ensure_partition'));
    IF EXISTS (SELECT FROM belfry.partitions WHERE starts_at < v_end AND ends_at > v_start) THEN
        RETURN;
    END IF;
    -- Its rows are never changed, and go with the whole of it: nothing for a vacuum to do but the rare freeze, and the append
    -- asks for no statistics.
    EXECUTE format('CREATE TABLE belfry.%I (LIKE belfry.notifications INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) '
                   'WITH (autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 10000000)', v_name);
    EXECUTE format('CREATE UNIQUE INDEX ON belfry.%I (user_id, seq)', v_name);
    -- Pattern operators: see the append. Its look into the partition before covers the border.
    EXECUTE format('CREATE UNIQUE INDEX ON belfry.%I (event_key, user_id text_pattern_ops)', v_name);
    EXECUTE format('CREATE INDEX %I ON belfry.%I USING brin (received_at) WITH (pages_per_range = 512)', v_name || '_received', v_name);
    EXECUTE format('ALTER TABLE belfry.notifications ATTACH PARTITION belfry.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_start, v_end);
    INSERT INTO belfry.partitions VALUES (v_start, v_end, v_name);
END $f$;

DO $do$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN SELECT name FROM belfry.partitions ORDER BY starts_at LOOP
        EXECUTE format('CREATE INDEX %I ON belfry.%I USING brin (received_at) WITH (pages_per_range = 512)', v_name || '_received', v_name);
    END LOOP;
END $do$;

-- Sums up what the log has grown by. A vacuum that holds a partition for long only makes it happen later.
CREATE FUNCTION belfry.summarize_log(since timestamptz) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '1s' AS $f$
BEGIN
    RETURN (SELECT coalesce(sum(brin_summarize_new_values(format('belfry.%I', p.name || '_received')::regclass)), 0)
            FROM belfry.partitions p WHERE p.ends_at > since AND p.starts_at <= belfry.now());
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $f$;

-- One page of the log for one endpoint: what is old enough, wanted, and not delivered becomes a task, and the place moves, in
-- one transaction; so each notification is looked at once, whoever dies. One instance at a time, and none sooner than "every"
-- after the one before.
--
-- received_at is taken before the commit. The oldest append that is still in flight holds the end of the page back, so that no
-- row can come in behind the place: whoever appends has locked mailboxes before it takes its time.
CREATE FUNCTION belfry.scan_webhook(
    endpoint text, task_kind text, delay interval, every interval, too_old interval, span interval, most integer, room integer,
    most_attempts smallint, names text[], prefixes text[])
RETURNS TABLE (number smallint, scanned boolean, more boolean, looked_at integer, added integer, waiting integer, behind interval, skipped interval)
LANGUAGE plpgsql
-- A young partition has no statistics: the log is to be read by its times, and cursors by their users.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := belfry.now();
    v_due     timestamptz := v_now - delay;
    v_place   belfry.webhook_endpoints;
    v_end     timestamptz;
    v_more    boolean;
    v_waiting integer;
    v_last    record;
    v_skipped interval := '0';
BEGIN
    -- One that is new begins now.
    INSERT INTO belfry.webhook_endpoints (name, received_at, scanned_at)
    SELECT endpoint, v_now, '-infinity' WHERE NOT EXISTS (SELECT FROM belfry.webhook_endpoints e WHERE e.name = endpoint)
    ON CONFLICT DO NOTHING;

    SELECT * INTO v_place FROM belfry.webhook_endpoints e
    WHERE e.name = endpoint AND (e.scanned_at <= v_now - every OR e.scanned_at > v_now) FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT e.number, false, false, 0, 0, 0, interval '0', interval '0' FROM belfry.webhook_endpoints e WHERE e.name = endpoint;
        RETURN;
    END IF;

    -- As long as there is no room the log itself is the queue: what is delivered meanwhile is never sent.
    SELECT count(*) INTO v_waiting FROM (
        SELECT FROM belfry.tasks t
        WHERE t.priority >= v_place.number * 4 AND t.priority <= v_place.number * 4 + 2 AND t.lease_until IS NULL LIMIT room) w;
    IF v_waiting >= room THEN
        UPDATE belfry.webhook_endpoints e SET scanned_at = v_now WHERE e.name = endpoint;
        RETURN QUERY SELECT v_place.number, true, false, 0, 0, v_waiting, greatest(v_due - v_place.received_at, '0'), v_skipped;
        RETURN;
    END IF;

    IF v_place.scanned_at > v_now + delay / 2 AND v_place.received_at > v_due THEN
        -- The clock was set back by so much that what comes now would lie behind the place.
        v_place.received_at := v_due;
        v_place.user_id := '';
        v_place.seq := 0;
    ELSIF v_place.received_at < v_due - too_old THEN
        v_skipped := v_due - too_old - v_place.received_at;
        v_place.received_at := v_due - too_old;
        v_place.user_id := '';
        v_place.seq := 0;
    END IF;

    v_end := (SELECT min(a.xact_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
              WHERE l.locktype = 'relation' AND l.relation = 'belfry.mailboxes'::regclass
                AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND a.pid <> pg_backend_pid());
    v_end := least(v_due, v_end, v_place.received_at + span);

    WITH page AS MATERIALIZED (
        SELECT n.received_at, n.user_id, n.seq, n.notification_id, n.event_key, n.event_type, n.priority, n.expires_at
        FROM belfry.notifications n
        WHERE n.received_at >= v_place.received_at AND n.received_at < v_end
          AND (n.received_at, n.user_id, n.seq) > (v_place.received_at, v_place.user_id, v_place.seq)
        ORDER BY n.received_at, n.user_id, n.seq LIMIT most
    ), due AS MATERIALIZED (
        SELECT p.* FROM page p LEFT JOIN belfry.cursors c ON c.user_id = p.user_id
        WHERE (cardinality(names) + cardinality(prefixes) = 0 OR p.event_type = ANY (names)
               OR EXISTS (SELECT FROM unnest(prefixes) AS x(prefix) WHERE starts_with(p.event_type, x.prefix)))
          AND p.seq > coalesce(c.delivered_seq, 0)
          AND (p.expires_at IS NULL OR p.expires_at > v_now)
    ), made AS (
        INSERT INTO belfry.tasks (kind, task_key, priority, run_at, created_at, max_attempts, event_key, body)
        SELECT task_kind, notification_id, v_place.number * 4 + priority, v_now, v_now, most_attempts, event_key,
               convert_to(json_build_object('user_id', user_id, 'seq', seq, 'notification_id', notification_id)::text, 'UTF8')
        FROM due ORDER BY notification_id
        ON CONFLICT (task_key, kind) DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM page) AS looked, (SELECT count(*) FROM made) AS made, l.* INTO v_last
    FROM (VALUES (1)) AS always
    LEFT JOIN LATERAL (SELECT p.received_at, p.user_id, p.seq FROM page p ORDER BY p.received_at DESC, p.user_id DESC, p.seq DESC LIMIT 1) l ON true;

    v_more := v_last.looked = most OR v_end = v_place.received_at + span;
    IF v_last.looked = most THEN
        v_place.received_at := v_last.received_at;
        v_place.user_id := v_last.user_id;
        v_place.seq := v_last.seq;
    ELSIF v_end > v_place.received_at THEN
        v_place.received_at := v_end;
        v_place.user_id := '';
        v_place.seq := 0;
    END IF;
    UPDATE belfry.webhook_endpoints e
    SET received_at = v_place.received_at, user_id = v_place.user_id, seq = v_place.seq, scanned_at = v_now
    WHERE e.name = endpoint;
    RETURN QUERY SELECT v_place.number, true, v_more, v_last.looked::integer, v_last.made::integer, v_waiting + v_last.made::integer,
                        greatest(v_due - v_place.received_at, '0'), v_skipped;
END $f$;
