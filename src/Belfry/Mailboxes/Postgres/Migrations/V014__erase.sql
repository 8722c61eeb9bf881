-- Forgetting a user.

CREATE INDEX topic_members_user ON belfry.topic_members (user_id);

-- What waits to become something for a user, or died on the way. First, and in a transaction of its own: tasks are locked
-- elsewhere before mailboxes are. Of an event for many users his name is not taken out of the list.
CREATE FUNCTION belfry.erase_work(owner text) RETURNS TABLE (tasks bigint, topics bigint, dead_letters bigint) LANGUAGE plpgsql AS $f$
DECLARE
    v_tasks bigint;
    v_topics bigint;
    v_dead bigint;
    v_letters bigint;
BEGIN
    DELETE FROM belfry.tasks t
    WHERE CASE WHEN t.kind = 'scheduled' OR starts_with(t.kind, 'webhook:') THEN convert_from(t.body, 'UTF8')::json ->> 'user_id' = owner ELSE false END;
    GET DIAGNOSTICS v_tasks = ROW_COUNT;
    DELETE FROM belfry.dead_tasks t
    WHERE CASE WHEN t.kind = 'scheduled' OR starts_with(t.kind, 'webhook:') THEN convert_from(t.body, 'UTF8')::json ->> 'user_id' = owner ELSE false END;
    GET DIAGNOSTICS v_dead = ROW_COUNT;
    -- A record that could not be read names him for certain only by its key.
    DELETE FROM belfry.dead_letters d WHERE d.record_key = convert_to(owner, 'UTF8');
    GET DIAGNOSTICS v_letters = ROW_COUNT;
    DELETE FROM belfry.topic_members m WHERE m.user_id = owner;
    GET DIAGNOSTICS v_topics = ROW_COUNT;
    RETURN QUERY SELECT v_tasks, v_topics, v_dead + v_letters;
END $f$;

-- Empties a mailbox, and gives it a new history. One that is empty and has had no notification since its last erasure stays as
-- it is, so that to erase twice is to erase once. NULL: there is none.
CREATE FUNCTION belfry.erase_mailbox(owner text) RETURNS TABLE (generation integer, erased boolean, notifications bigint) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off
AS $f$
#variable_conflict use_column
DECLARE
    v_box belfry.mailboxes;
    v_rows bigint;
BEGIN
    SELECT * INTO v_box FROM belfry.mailboxes m WHERE m.user_id = owner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM belfry.inboxes i WHERE i.user_id = owner FOR NO KEY UPDATE;

    DELETE FROM belfry.notifications n WHERE n.user_id = owner;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    DELETE FROM belfry.marks k WHERE k.user_id = owner;
    DELETE FROM belfry.inboxes i WHERE i.user_id = owner;
    DELETE FROM belfry.cursors c WHERE c.user_id = owner;
    DELETE FROM belfry.preferences p WHERE p.user_id = owner;
    DELETE FROM belfry.expiring e WHERE e.user_id = owner;
    DELETE FROM belfry.collapse_keys k WHERE k.user_id = owner;
    IF v_rows = 0 AND v_box.floor_seq = 0 AND v_box.base_seq = 0 THEN
        UPDATE belfry.mailboxes m SET muting = false WHERE m.user_id = owner AND m.muting;
        RETURN QUERY SELECT v_box.generation, false, 0::bigint;
        RETURN;
    END IF;

    UPDATE belfry.mailboxes m SET generation = m.generation + 1, floor_seq = 0, base_seq = 0, muting = false WHERE m.user_id = owner;
    RETURN QUERY SELECT v_box.generation + 1, true, v_rows;
END $f$;
