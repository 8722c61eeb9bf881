-- As before, and no further back than told: beside a transaction that is held open every lease that ever was stays in the index,
-- and a look from the beginning walks over all of them.
CREATE FUNCTION belfry.reclaim_tasks(most integer, back interval) RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql
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
        FROM late l WHERE t.id = l.id AND NOT l.dead
    ), gone AS (
        DELETE FROM belfry.tasks t USING late l WHERE t.id = l.id AND l.dead RETURNING t.*
    ), kept AS (
        INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, 'the lease ran out', progress, body, event_key FROM gone
    )
    SELECT l.id, l.dead FROM late l;
END $f$;
