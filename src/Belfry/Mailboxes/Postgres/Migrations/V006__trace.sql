-- Dead letters as one list, and where an event is.

ALTER TABLE belfry.dead_letters ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX ON belfry.dead_letters (id);
CREATE INDEX ON belfry.dead_letters (received_at, id);

DROP INDEX belfry.dead_tasks_died_at_idx;
CREATE INDEX ON belfry.dead_tasks (died_at, id);

-- When delivered_seq was moved last.
ALTER TABLE belfry.cursors ADD COLUMN delivered_at timestamptz;

-- The event that a task makes notifications of, or tells about; null for other work.
ALTER TABLE belfry.tasks ADD COLUMN event_key uuid;
ALTER TABLE belfry.dead_tasks ADD COLUMN event_key uuid;
CREATE INDEX tasks_event ON belfry.tasks (event_key) WHERE event_key IS NOT NULL;
CREATE INDEX dead_tasks_event ON belfry.dead_tasks (event_key) WHERE event_key IS NOT NULL;

-- Beside the one with fewer parameters, which instances of the version before still call.
-- Keys are inserted in order, so that two batches with the same ones wait for each other and never crosswise.
CREATE FUNCTION belfry.add_tasks(
    kinds text[], keys uuid[], priorities smallint[], run_ats timestamptz[], max_attempts smallint[], bodies bytea[], event_keys uuid[])
RETURNS TABLE (place integer, id bigint, duplicate boolean) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
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

    -- In a statement of its own, which sees what the insert has waited for.
    RETURN QUERY
    SELECT (u.place - 1)::integer, x.id, true
    FROM unnest(keys, kinds) WITH ORDINALITY AS u(task_key, kind, place)
    JOIN belfry.tasks x ON x.task_key = u.task_key AND x.kind = u.kind AND x.created_at <> v_now;
END $f$;

-- What failed for the last time is kept apart, where nobody claims it.
CREATE OR REPLACE FUNCTION belfry.fail_tasks(ids bigint[], tokens integer[], errors text[], retry_in interval[])
RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    RETURN QUERY
    WITH failed AS MATERIALIZED (
        SELECT t.id, f.error, f.retry_in, f.retry_in IS NULL OR t.attempts + 1 >= t.max_attempts AS dead
        FROM belfry.tasks t JOIN unnest(ids, tokens, errors, retry_in) f(id, token, error, retry_in) ON t.id = f.id AND t.token = f.token
        ORDER BY t.id FOR NO KEY UPDATE OF t
    ), again AS (
        UPDATE belfry.tasks t SET attempts = t.attempts + 1, last_error = f.error, run_at = v_now + f.retry_in, lease_until = NULL, instance_id = NULL
        FROM failed f WHERE t.id = f.id AND NOT f.dead
    ), gone AS (
        DELETE FROM belfry.tasks t USING failed f WHERE t.id = f.id AND f.dead RETURNING t.*, f.error
    ), kept AS (
        INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, error, progress, body, event_key FROM gone
    )
    SELECT f.id, f.dead FROM failed f;
END $f$;

-- Leases that ran out: their workers died, or stood still for too long. It counts as a failed attempt, so that a task that
-- takes its worker down with it does not do so for ever.
CREATE OR REPLACE FUNCTION belfry.reclaim_tasks(most integer) RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    RETURN QUERY
    WITH late AS MATERIALIZED (
        SELECT t.id, t.attempts + 1 >= t.max_attempts AS dead FROM belfry.tasks t
        WHERE t.lease_until < v_now ORDER BY t.lease_until LIMIT most FOR NO KEY UPDATE SKIP LOCKED
    ), again AS (
        UPDATE belfry.tasks t SET attempts = t.attempts + 1, last_error = 'the lease ran out', run_at = v_now, lease_until = NULL,
                                      instance_id = NULL
        FROM late l WHERE t.id = l.id AND NOT l.dead
    ), gone AS (
        DELETE FROM belfry.tasks t USING late l WHERE t.id = l.id AND l.dead RETURNING t.*
    ), kept AS (
        INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, 'the lease ran out', progress, body, event_key FROM gone
    )
    SELECT l.id, l.dead FROM late l;
END $f$;
