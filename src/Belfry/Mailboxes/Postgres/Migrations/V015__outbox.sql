-- belfry.publish with when an event expires and what it takes the place of. A function with more parameters is another one, and with
-- both of them there a call could mean either: so the one before goes, in the transaction in which this one comes. Whoever had a
-- right of his own on it needs it anew; the schema's is enough, and stays.

DROP FUNCTION belfry.publish(text, json, text, text[], text, text, text, text, timestamptz, timestamptz, text);

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
    traceparent     text DEFAULT NULL,
    expires_at      timestamptz DEFAULT NULL,
    collapse_key    text DEFAULT NULL)
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
        WHEN length(collapse_key) NOT BETWEEN 1 AND 255 THEN 'collapse_key is not 1 to 255 characters'
        WHEN concat(event_type, source, id, user_id, topic, collapse_key) ~ '[\u0001-\u001f\u007f-\u009f]' THEN 'a name has a control character'
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
        'traceparent', traceparent, 'expires_at', expires_at, 'collapse_key', collapse_key, 'payload', payload))
    RETURNING o.event_id INTO v_event_id;
    RETURN coalesce(id, v_event_id::text);
END $f$;
