-- The queue's statements with one plan each, whatever the table's statistics say. Beside a transaction that is held open a vacuum
-- finds a large table without a row alive in it; a planner that believes so takes a walk over a whole index for cheap, and each
-- statement then visits all that was ever done. So no statement joins the table: rows are found by "= ANY" or in a subquery of
-- their own, which only the right index can serve.

CREATE FUNCTION belfry.complete_tasks(ids bigint[], tokens integer[]) RETURNS SETOF bigint LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
DECLARE
    v_ids bigint[];
    v_token integer;
BEGIN
    -- Nearly all have the same token: that of a first claim.
    FOR v_ids, v_token IN SELECT array_agg(r.id ORDER BY r.id), r.token FROM unnest(ids, tokens) r(id, token) GROUP BY r.token ORDER BY r.token LOOP
        RETURN QUERY DELETE FROM belfry.tasks t WHERE t.id = ANY (v_ids) AND t.token = v_token RETURNING t.id;
    END LOOP;
END $f$;

CREATE FUNCTION belfry.renew_tasks(ids bigint[], tokens integer[], lease interval) RETURNS SETOF bigint LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
DECLARE
    v_ids bigint[];
    v_token integer;
BEGIN
    FOR v_ids, v_token IN SELECT array_agg(r.id ORDER BY r.id), r.token FROM unnest(ids, tokens) r(id, token) GROUP BY r.token ORDER BY r.token LOOP
        RETURN QUERY
        -- Said so that the index on the leases does not offer itself.
        UPDATE belfry.tasks t SET lease_until = belfry.now() + lease
        WHERE t.id = ANY (v_ids) AND t.token = v_token AND coalesce(t.lease_until, '-infinity') > '-infinity' RETURNING t.id;
    END LOOP;
END $f$;

CREATE FUNCTION belfry.release_tasks(ids bigint[], tokens integer[]) RETURNS SETOF bigint LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
DECLARE
    v_ids bigint[];
    v_token integer;
BEGIN
    FOR v_ids, v_token IN SELECT array_agg(r.id ORDER BY r.id), r.token FROM unnest(ids, tokens) r(id, token) GROUP BY r.token ORDER BY r.token LOOP
        RETURN QUERY
        UPDATE belfry.tasks t SET lease_until = NULL, instance_id = NULL, run_at = belfry.now()
        WHERE t.id = ANY (v_ids) AND t.token = v_token RETURNING t.id;
    END LOOP;
END $f$;

-- As before, but for how the claimed are found again.
CREATE OR REPLACE FUNCTION belfry.claim_tasks(
    known text[], most integer, lease interval, instance uuid, ranks smallint[], floors timestamptz[])
RETURNS TABLE (id bigint, kind text, token integer, priority smallint, run_at timestamptz, created_at timestamptz,
               attempts smallint, max_attempts smallint, progress text, body bytea)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    RETURN QUERY
    UPDATE belfry.tasks t SET lease_until = v_now + lease, instance_id = instance, token = t.token + 1
    WHERE t.id = ANY (ARRAY(
        SELECT d.id FROM unnest(ranks, floors) AS f(rank, floor)
        CROSS JOIN LATERAL (
            SELECT t.id FROM belfry.tasks t
            WHERE t.priority = f.rank AND t.lease_until IS NULL AND t.run_at >= f.floor AND t.run_at <= v_now AND t.kind = ANY (known)
            ORDER BY t.run_at LIMIT most FOR UPDATE SKIP LOCKED) d
        LIMIT most))
    RETURNING t.id, t.kind, t.token, t.priority, t.run_at, t.created_at, t.attempts, t.max_attempts, t.progress, t.body;
END $f$;

-- As before, but for how what was there already is found. Keys are inserted in order, so that two batches with the same ones wait
-- for each other and never crosswise.
CREATE OR REPLACE FUNCTION belfry.add_tasks(
    kinds text[], keys uuid[], priorities smallint[], run_ats timestamptz[], max_attempts smallint[], bodies bytea[], event_keys uuid[])
RETURNS TABLE (place integer, id bigint, duplicate boolean) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
    v_added integer;
BEGIN
    RETURN QUERY
    WITH t AS MATERIALIZED (
        SELECT u.* FROM unnest(kinds, keys, priorities, run_ats, max_attempts, bodies, event_keys)
            WITH ORDINALITY AS u(kind, task_key, priority, run_at, max_attempts, body, event_key, place)
    ), added AS (
        INSERT INTO belfry.tasks (kind, task_key, priority, run_at, created_at, max_attempts, body, event_key)
        SELECT DISTINCT ON (task_key, kind) kind, task_key, priority, greatest(run_at, v_now), v_now, max_attempts, body, event_key
        FROM t ORDER BY task_key, kind, place
        ON CONFLICT (task_key, kind) DO NOTHING
        RETURNING id, kind, task_key
    )
    SELECT (t.place - 1)::integer, a.id,
           row_number() OVER (PARTITION BY t.task_key, t.kind ORDER BY t.place) > 1
    FROM t JOIN added a ON a.task_key = t.task_key AND a.kind = t.kind;

    -- Nearly always all are new.
    GET DIAGNOSTICS v_added = ROW_COUNT;
    IF v_added = cardinality(keys) THEN
        RETURN;
    END IF;

    -- In a statement of its own, which sees what the insert has waited for.
    RETURN QUERY
    SELECT (u.place - 1)::integer, x.id, true
    FROM unnest(keys, kinds) WITH ORDINALITY AS u(task_key, kind, place)
    CROSS JOIN LATERAL (
        SELECT t.id FROM belfry.tasks t WHERE t.task_key = u.task_key AND t.kind = u.kind AND t.created_at <> v_now OFFSET 0) x;
END $f$;

-- As before: writes a task's progress, or takes it out when it is done; BF003 with the place of the first step whose token is not
-- the newest. Of several steps of one task the last one counts.
CREATE OR REPLACE FUNCTION belfry.step_tasks(ids bigint[], tokens integer[], progresses text[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
DECLARE
    v_lost bigint;
BEGIN
    PERFORM FROM belfry.tasks t WHERE t.id = ANY (ids) ORDER BY t.id FOR NO KEY UPDATE;

    -- In a statement of its own, which sees what the locks' last holders committed.
    SELECT min(s.place) - 1 INTO v_lost FROM unnest(ids, tokens) WITH ORDINALITY AS s(id, token, place)
    WHERE s.token IS DISTINCT FROM (SELECT t.token FROM belfry.tasks t WHERE t.id = s.id);
    IF v_lost IS NOT NULL THEN
        RAISE EXCEPTION 'task % is another worker''s', ids[v_lost + 1] USING ERRCODE = 'BF003', DETAIL = v_lost::text;
    END IF;

    IF array_position(progresses, NULL) IS NOT NULL THEN
        DELETE FROM belfry.tasks t WHERE t.id = ANY (ARRAY(SELECT s.id FROM unnest(ids, progresses) s(id, progress) WHERE s.progress IS NULL));
    END IF;
    UPDATE belfry.tasks t
    SET progress = (SELECT s.progress FROM unnest(ids, progresses) WITH ORDINALITY AS s(id, progress, place)
                    WHERE s.id = t.id ORDER BY s.place DESC LIMIT 1)
    WHERE t.id = ANY (ARRAY(SELECT s.id FROM unnest(ids, progresses) s(id, progress) WHERE s.progress IS NOT NULL));
END $f$;

-- As before.
CREATE OR REPLACE FUNCTION belfry.fail_tasks(ids bigint[], tokens integer[], errors text[], retry_in interval[])
RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    RETURN QUERY
    WITH held AS MATERIALIZED (
        SELECT t.id, t.token, t.attempts, t.max_attempts FROM belfry.tasks t WHERE t.id = ANY (ids) ORDER BY t.id FOR NO KEY UPDATE
    ), failed AS MATERIALIZED (
        SELECT h.id, f.error, f.retry_in, f.retry_in IS NULL OR h.attempts + 1 >= h.max_attempts AS dead
        FROM held h JOIN unnest(ids, tokens, errors, retry_in) f(id, token, error, retry_in) ON h.id = f.id AND h.token = f.token
    ), again AS (
        UPDATE belfry.tasks t SET attempts = t.attempts + 1, last_error = f.error, run_at = v_now + f.retry_in, lease_until = NULL, instance_id = NULL
        FROM failed f WHERE t.id = ANY (ids) AND t.id = f.id AND NOT f.dead
    ), gone AS (
        DELETE FROM belfry.tasks t USING failed f WHERE t.id = ANY (ids) AND t.id = f.id AND f.dead RETURNING t.*, f.error
    ), kept AS (
        INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, error, progress, body, event_key FROM gone
    )
    SELECT f.id, f.dead FROM failed f;
END $f$;

-- As before.
CREATE OR REPLACE FUNCTION belfry.reclaim_tasks(most integer, back interval) RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
    v_from timestamptz := coalesce(v_now - back, '-infinity');
BEGIN
    RETURN QUERY
    WITH late AS MATERIALIZED (
        SELECT t.id, t.attempts + 1 >= t.max_attempts AS dead FROM belfry.tasks t
        WHERE t.lease_until >= v_from AND t.lease_until < v_now ORDER BY t.lease_until LIMIT most FOR NO KEY UPDATE SKIP LOCKED
    ), again AS (
        UPDATE belfry.tasks t SET attempts = t.attempts + 1, last_error = 'the lease ran out', run_at = v_now, lease_until = NULL,
                                      instance_id = NULL
        WHERE t.id = ANY (ARRAY(SELECT l.id FROM late l WHERE NOT l.dead))
    ), gone AS (
        DELETE FROM belfry.tasks t WHERE t.id = ANY (ARRAY(SELECT l.id FROM late l WHERE l.dead)) RETURNING t.*
    ), kept AS (
        INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, 'the lease ran out', progress, body, event_key FROM gone
    )
    SELECT l.id, l.dead FROM late l;
END $f$;
