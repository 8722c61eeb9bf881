-- The outbox: events that applications write in their own transactions. Rolled back means never sent; committed means sent.

-- A transaction that begins after another one's end has a higher number, and ids rise within a transaction: so this key is an
-- order in which nothing overtakes what caused it. Nothing of it depends on clocks.
CREATE TABLE belfry.outbox (
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id             bigint GENERATED ALWAYS AS IDENTITY,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- For an event without an id of its own: the same however often the row is read, also after a restore.
    event_id       uuid NOT NULL DEFAULT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
                                          || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid,
    event          json NOT NULL,
    PRIMARY KEY (transaction_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);

-- Puts one event into the outbox, and answers its id. What the server would refuse is refused here, in the caller's own
-- transaction, where somebody sees it. With the owner's rights: a role that may use the schema needs no right on the table.
CREATE FUNCTION belfry.publish(
    event_type      text,
    payload         json,
    user_id         text DEFAULT NULL,
    user_ids        text[] DEFAULT NULL,
    topic           text DEFAULT NULL,
    id              text DEFAULT NULL,
    source          text DEFAULT 'outbox',
    priority        text DEFAULT 'MEDIUM',
    event_timestamp timestamptz DEFAULT NULL,
    deliver_at      timestamptz DEFAULT NULL,
    traceparent     text DEFAULT NULL)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $f$
#variable_conflict use_variable
DECLARE
    v_event_id uuid;
    v_wrong    text;
BEGIN
    v_wrong := CASE
        WHEN num_nonnulls(user_id, user_ids, topic) <> 1 THEN 'exactly one of user_id, user_ids and topic says whose it is'
        WHEN event_type IS NULL OR length(event_type) NOT BETWEEN 1 AND 100 THEN 'event_type is not 1 to 100 characters'
        WHEN source IS NULL OR length(source) NOT BETWEEN 1 AND 255 THEN 'source is not 1 to 255 characters'
        WHEN length(id) NOT BETWEEN 1 AND 255 THEN 'id is not 1 to 255 characters'
        WHEN length(user_id) NOT BETWEEN 1 AND 255 THEN 'user_id is not 1 to 255 characters'
        WHEN length(topic) NOT BETWEEN 1 AND 255 THEN 'topic is not 1 to 255 characters'
        WHEN concat(event_type, source, id, user_id, topic) ~ '[\u0001-\u001f\u007f-\u009f]' THEN 'a name has a control character'
        WHEN upper(priority) NOT IN ('HIGH', 'MEDIUM', 'LOW') OR priority IS NULL THEN 'priority is not HIGH, MEDIUM or LOW'
        WHEN payload IS NOT NULL AND octet_length(payload::text) > 65536 THEN 'payload has more than 65536 bytes'
        WHEN cardinality(user_ids) NOT BETWEEN 1 AND 100000 THEN 'user_ids has not 1 to 100000 entries'
        WHEN (SELECT count(DISTINCT u) <> count(*) OR bool_or(u IS NULL OR length(u) NOT BETWEEN 1 AND 255) FROM unnest(user_ids) u)
            THEN 'an entry of user_ids is not 1 to 255 characters, or stands there twice'
    END;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', v_wrong USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM payload::jsonb;

    INSERT INTO belfry.outbox AS o (event)
    VALUES (json_build_object(
        'id', id, 'source', source, 'event_type', event_type, 'user_id', user_id, 'user_ids', user_ids, 'topic', topic,
        'priority', priority, 'event_timestamp', coalesce(event_timestamp, clock_timestamp()), 'deliver_at', deliver_at,
        'traceparent', traceparent, 'payload', payload))
    RETURNING o.event_id INTO v_event_id;
    RETURN coalesce(id, v_event_id::text);
END $f$;

-- Takes rows out in the transaction that stores their events; BF004 with the place of the first that is not there any more.
CREATE FUNCTION belfry.take_outbox(transaction_ids xid8[], ids bigint[]) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_lost bigint;
BEGIN
    WITH taken AS (
        DELETE FROM belfry.outbox o USING unnest(transaction_ids, ids) r(transaction_id, id)
        WHERE o.transaction_id = r.transaction_id AND o.id = r.id RETURNING o.transaction_id, o.id
    )
    SELECT min(r.place) - 1 INTO v_lost FROM unnest(transaction_ids, ids) WITH ORDINALITY AS r(transaction_id, id, place)
    WHERE NOT EXISTS (SELECT FROM taken t WHERE t.transaction_id = r.transaction_id AND t.id = r.id);
    IF v_lost IS NOT NULL THEN
        RAISE EXCEPTION 'another instance has taken row % out of the outbox', ids[v_lost + 1] USING ERRCODE = 'BF004', DETAIL = v_lost::text;
    END IF;
END $f$;
