-- Several instances as one service: who is there, who has which duty, who is connected where, what a lost wake-up has left.

CREATE TABLE belfry.instances (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    version     text NOT NULL,
    started_at  timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    draining    boolean NOT NULL,
    streams     integer NOT NULL
) WITH (fillfactor = 50);

-- What one instance does for all.
CREATE TABLE belfry.duties (
    name        text PRIMARY KEY,
    instance_id uuid NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Which users have streams open, and where. Empty after a crash of the server, and on a standby: an instance has a row under the
-- empty name, and enters all of its users again when that is not there.
CREATE UNLOGGED TABLE belfry.presence (
    user_id     text COLLATE "C" NOT NULL,
    instance_id uuid NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (user_id, instance_id)
);

-- A sign of life. Gives the duties that are free to whoever asks first; who asks for none lets go of his.
-- "entered" tells whether the caller's users are still in the table of presence.
CREATE FUNCTION belfry.beat(
    me uuid, my_name text, my_version text, is_draining boolean, my_streams integer, lease interval, wanted text[])
RETURNS TABLE (id uuid, name text, version text, started_at timestamptz, lease_until timestamptz, alive boolean, draining boolean,
               streams integer, duties text[], entered boolean, unlisted boolean, max_connections integer)
LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := belfry.now();
    v_gone uuid[];
BEGIN
    INSERT INTO belfry.instances AS i VALUES (me, my_name, my_version, v_now, v_now + lease, is_draining, my_streams)
    ON CONFLICT (id) DO UPDATE SET lease_until = v_now + lease, draining = is_draining, streams = my_streams;

    INSERT INTO belfry.duties AS d
    SELECT w, me, v_now + lease FROM unnest(wanted) w
    WHERE NOT EXISTS (SELECT FROM belfry.duties o WHERE o.name = w AND o.instance_id <> me AND o.lease_until > v_now)
    ORDER BY w
    ON CONFLICT (name) DO UPDATE SET instance_id = me, lease_until = v_now + lease
    WHERE d.instance_id = me OR d.lease_until <= v_now;
    UPDATE belfry.duties d SET lease_until = v_now WHERE d.instance_id = me AND d.lease_until > v_now AND d.name <> ALL (wanted);

    -- One that comes back after so long enters itself, and its users, again.
    IF EXISTS (SELECT FROM belfry.instances i WHERE i.lease_until < v_now - interval '1 minute') THEN
        WITH dead AS (
            SELECT i.id FROM belfry.instances i WHERE i.lease_until < v_now - interval '1 minute' ORDER BY i.id FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM belfry.instances i USING dead WHERE i.id = dead.id RETURNING i.id
        )
        SELECT array_agg(gone.id) INTO v_gone FROM gone;
        DELETE FROM belfry.presence p WHERE p.instance_id = ANY (v_gone);
    END IF;

    RETURN QUERY
    SELECT i.id, i.name, i.version, i.started_at, i.lease_until, i.lease_until > v_now, i.draining, i.streams,
           ARRAY(SELECT d.name FROM belfry.duties d WHERE d.instance_id = i.id AND d.lease_until > v_now ORDER BY d.name),
           EXISTS (SELECT FROM belfry.presence p WHERE p.user_id = '' AND p.instance_id = me),
           -- Versions before this table store here too, and are known by their connections' name alone.
           EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name = 'belfry'),
           current_setting('max_connections')::integer
    FROM belfry.instances i ORDER BY i.started_at, i.id;
END $f$;

-- An orderly end.
CREATE FUNCTION belfry.leave(me uuid) RETURNS void LANGUAGE sql AS $f$
    DELETE FROM belfry.duties WHERE instance_id = me;
    DELETE FROM belfry.presence WHERE instance_id = me;
    DELETE FROM belfry.instances WHERE id = me;
$f$;

-- What the log has received since a time, as the newest seq of each user, for whoever may have missed a wake-up; and from where
-- the next sweep has to look. received_at is taken before the commit: the oldest append that is still in flight holds that
-- place back, so that no row can come in behind it (whoever appends has locked mailboxes before it takes its time). Not for
-- longer than any append can last. What is younger than a wake-up's way is left for the next time: it would only be found on it.
CREATE FUNCTION belfry.sweep(since timestamptz, longest_append interval)
RETURNS TABLE (user_id text, seq bigint, next_since timestamptz)
LANGUAGE plpgsql
-- The log is to be read by its times, whatever a planner without statistics believes.
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := belfry.now();
    v_settled timestamptz := v_now - interval '300 milliseconds';
    v_next    timestamptz;
BEGIN
    v_next := least(v_settled, (SELECT min(a.xact_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                            WHERE l.locktype = 'relation' AND l.relation = 'belfry.mailboxes'::regclass
                              AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                              AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND a.pid <> pg_backend_pid()));
    v_next := greatest(v_next, v_now - longest_append);
    -- A clock that was set back must not leave the sweep ahead of everything that comes.
    since := least(since, v_settled);

    RETURN QUERY
    SELECT n.user_id, max(n.seq), v_next FROM belfry.notifications n WHERE n.received_at >= since AND n.received_at < v_settled GROUP BY n.user_id
    UNION ALL
    SELECT NULL, NULL, v_next;
END $f$;

-- Sums up the ranges of the log's index of times that are full. Never the last one: as long as that is not summed up, an append
-- has nothing to write there.
CREATE FUNCTION belfry.summarize_full_ranges(since timestamptz, most integer) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '1s' AS $f$
DECLARE
    v_name text;
    v_full bigint;
    v_done integer := 0;
BEGIN
    FOR v_name IN SELECT p.name FROM belfry.partitions p WHERE p.ends_at > since AND p.starts_at <= belfry.now() LOOP
        v_full := pg_relation_size(format('belfry.%I', v_name)::regclass) / 8192 / 512;
        FOR r IN greatest(0, v_full - most) .. v_full - 1 LOOP
            v_done := v_done + brin_summarize_range(format('belfry.%I', v_name || '_received')::regclass, r * 512);
        END LOOP;
    END LOOP;
    RETURN v_done;
EXCEPTION WHEN lock_not_available THEN
    RETURN v_done;
END $f$;

-- What has come in behind places that were up to date a moment ago. Older partitions are not asked: whoever finds a gap looks
-- with the statement that does.
CREATE FUNCTION belfry.read_new(users text[], afters bigint[], most integer)
RETURNS TABLE (seq bigint, notification_id uuid, source text, event_id text, event_type text, priority smallint, event_timestamp timestamptz,
               received_at timestamptz, traceparent text, attributes json, payload json, generation integer, place integer)
LANGUAGE plpgsql
-- A generic plan that was made while a partition was empty would read all of it later.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_since timestamptz := belfry.now() - interval '8 days';
BEGIN
    RETURN QUERY
    SELECT n.seq, n.notification_id, n.source, n.event_id, n.event_type, n.priority, n.event_timestamp, n.received_at, n.traceparent,
           n.attributes, n.payload, m.generation, (u.place - 1)::integer
    FROM unnest(users, afters) WITH ORDINALITY AS u(user_id, after_seq, place)
    JOIN belfry.mailboxes m ON m.user_id = u.user_id
    CROSS JOIN LATERAL (
        SELECT x.* FROM belfry.notifications x
        WHERE x.user_id = u.user_id AND x.seq > u.after_seq AND x.received_at >= v_since
        ORDER BY x.user_id, x.seq LIMIT most) n;
END $f$;
