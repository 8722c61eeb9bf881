-- Writes a task's progress, or takes it out when it is done; BF003 with the place of the first step whose token is not the newest.
-- Each step is held to its own token: a batch may carry steps of two workers for one task, of whom one has lost it.
CREATE OR REPLACE FUNCTION belfry.step_tasks(ids bigint[], tokens integer[], progresses text[]) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_lost bigint;
BEGIN
    PERFORM FROM belfry.tasks t WHERE t.id = ANY (ids) ORDER BY t.id FOR NO KEY UPDATE;

    -- In a statement of its own, which sees what the locks' last holders committed.
    SELECT min(s.place) - 1 INTO v_lost FROM unnest(ids, tokens) WITH ORDINALITY AS s(id, token, place)
    WHERE NOT EXISTS (SELECT FROM belfry.tasks t WHERE t.id = s.id AND t.token = s.token);
    IF v_lost IS NOT NULL THEN
        RAISE EXCEPTION 'task % is another worker''s', ids[v_lost + 1] USING ERRCODE = 'BF003', DETAIL = v_lost::text;
    END IF;

    DELETE FROM belfry.tasks t USING unnest(ids, progresses) s(id, progress) WHERE t.id = s.id AND s.progress IS NULL;
    UPDATE belfry.tasks t SET progress = s.progress FROM unnest(ids, progresses) s(id, progress) WHERE t.id = s.id AND s.progress IS NOT NULL;
END $f$;
