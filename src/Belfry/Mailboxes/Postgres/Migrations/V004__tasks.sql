-- The work queue: what some worker must do once. Done work leaves the table.

CREATE TABLE belfry.tasks (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    task_key     uuid NOT NULL,
    priority     smallint NOT NULL,
    run_at       timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    -- Null: nobody has it. The token rises with every claim, and only the newest one may complete.
    lease_until  timestamptz,
    instance_id  uuid,
    token        integer NOT NULL DEFAULT 0,
    attempts     smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL,
    last_error   text,
    progress     text,
    body         bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);

CREATE UNIQUE INDEX ON belfry.tasks (task_key, kind);
CREATE INDEX tasks_due ON belfry.tasks (priority DESC, run_at) WHERE lease_until IS NULL;
CREATE INDEX tasks_leased ON belfry.tasks (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE belfry.dead_tasks (
    id           bigint PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    task_key     uuid NOT NULL,
    priority     smallint NOT NULL,
    created_at   timestamptz NOT NULL,
    died_at      timestamptz NOT NULL,
    attempts     smallint NOT NULL,
    max_attempts smallint NOT NULL,
    last_error   text,
    progress     text,
    body         bytea NOT NULL
);
CREATE INDEX ON belfry.dead_tasks (died_at);

-- Keys are inserted in order, so that two batches with the same ones wait for each other and never crosswise.
CREATE FUNCTION belfry.add_tasks(
    kinds text[], keys uuid[], priorities smallint[], run_ats timestamptz[], max_attempts smallint[], bodies bytea[])
RETURNS TABLE (place integer, id bigint, duplicate boolean) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
    v_now timestamptz := belfry.now();
BEGIN
    RETURN QUERY
    WITH t AS MATERIALIZED (
        SELECT u.* FROM unnest(kinds, keys, priorities, run_ats, max_attempts, bodies)
            WITH ORDINALITY AS u(kind, task_key, priority, run_at, max_attempts, body, place)
    ), added AS (
        INSERT INTO belfry.tasks (kind, task_key, priority, run_at, created_at, max_attempts, body)
        SELECT DISTINCT ON (task_key, kind) kind, task_key, priority, greatest(run_at, v_now), v_now, max_attempts, body
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

-- Priority, then age. "floors" says for each priority below which time nothing was left when the caller last looked: what
-- stands there is dead, and beside a transaction held open it stays, and would be walked again by every claim.
CREATE FUNCTION belfry.claim_tasks(
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
    WITH due AS MATERIALIZED (
        SELECT d.id FROM unnest(ranks, floors) AS f(rank, floor)
        CROSS JOIN LATERAL (
            SELECT t.id FROM belfry.tasks t
            WHERE t.priority = f.rank AND t.lease_until IS NULL AND t.run_at >= f.floor AND t.run_at <= v_now AND t.kind = ANY (known)
            ORDER BY t.run_at LIMIT most FOR UPDATE SKIP LOCKED) d
        LIMIT most
    )
    UPDATE belfry.tasks t SET lease_until = v_now + lease, instance_id = instance, token = t.token + 1
    FROM due WHERE t.id = due.id
    RETURNING t.id, t.kind, t.token, t.priority, t.run_at, t.created_at, t.attempts, t.max_attempts, t.progress, t.body;
END $f$;

-- Writes a task's progress, or takes it out when it is done; BF003 with the task's id when the token is not the newest.
CREATE FUNCTION belfry.step_tasks(ids bigint[], tokens integer[], progresses text[]) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_held bigint[];
    v_lost bigint;
BEGIN
    SELECT array_agg(h.id) INTO v_held FROM (
        SELECT t.id FROM belfry.tasks t JOIN unnest(ids, tokens) s(id, token) ON t.id = s.id AND t.token = s.token
        ORDER BY t.id FOR NO KEY UPDATE OF t) h;
    SELECT s.id INTO v_lost FROM unnest(ids) s(id) WHERE s.id <> ALL (coalesce(v_held, '{}')) LIMIT 1;
    IF v_lost IS NOT NULL THEN
        RAISE EXCEPTION 'task % is another worker''s', v_lost USING ERRCODE = 'BF003', DETAIL = v_lost::text;
    END IF;

    DELETE FROM belfry.tasks t USING unnest(ids, progresses) s(id, progress) WHERE t.id = s.id AND s.progress IS NULL;
    UPDATE belfry.tasks t SET progress = s.progress FROM unnest(ids, progresses) s(id, progress) WHERE t.id = s.id AND s.progress IS NOT NULL;
END $f$;

-- What failed for the last time is kept apart, where nobody claims it.
CREATE FUNCTION belfry.fail_tasks(ids bigint[], tokens integer[], errors text[], retry_in interval[])
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
        INSERT INTO belfry.dead_tasks
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, error, progress, body FROM gone
    )
    SELECT f.id, f.dead FROM failed f;
END $f$;

-- Leases that ran out: their workers died, or stood still for too long. It counts as a failed attempt, so that a task that
-- takes its worker down with it does not do so for ever.
CREATE FUNCTION belfry.reclaim_tasks(most integer) RETURNS TABLE (id bigint, dead boolean) LANGUAGE plpgsql AS $f$
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
        INSERT INTO belfry.dead_tasks
        SELECT id, kind, task_key, priority, created_at, v_now, attempts + 1, max_attempts, 'the lease ran out', progress, body FROM gone
    )
    SELECT l.id, l.dead FROM late l;
END $f$;

CREATE TABLE belfry.topic_members (
    topic    text COLLATE "C" NOT NULL,
    user_id  text COLLATE "C" NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (topic, user_id)
);
