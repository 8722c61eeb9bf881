-- Kafka positions, moved in the transaction that stores the rows.

-- Locked by whoever moves the offset, and never rewritten: a row rewritten with each batch would collect versions without end
-- beside a transaction that is held open.
CREATE TABLE belfry.kafka_partitions (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster        text NOT NULL,
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    UNIQUE (cluster, consumer_group, topic, partition)
);

-- The newest row is the position. Older ones are swept up by maintenance. No foreign key: its check would be one more
-- statement for each move, and move_offsets reads the partition it names.
CREATE TABLE belfry.kafka_offsets (
    partition_id integer NOT NULL,
    next_offset  bigint NOT NULL,
    PRIMARY KEY (partition_id, next_offset)
);

CREATE TABLE belfry.dead_letters (
    cluster        text NOT NULL,
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  bigint NOT NULL,
    reason         text NOT NULL,
    record_key     bytea,
    record_value   bytea,
    received_at    timestamptz NOT NULL,
    relayed_at     timestamptz,
    PRIMARY KEY (cluster, consumer_group, topic, partition, record_offset)
);
CREATE INDEX dead_letters_unrelayed ON belfry.dead_letters (received_at) WHERE relayed_at IS NULL;

-- Compare and set for each partition; BF001 with the place in the arrays when another consumer was there. What nearly always
-- happens, all of them moving forward from where they stand, is one statement for all; the loop is for the others.
CREATE FUNCTION belfry.move_offsets(
    clusters text[], consumer_groups text[], topics text[], partitions integer[], expected bigint[], next_offsets bigint[])
RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    r record;
    v_ids integer[];
    v_expected bigint[];
    v_next bigint[];
    v_places bigint[];
    v_moved integer[];
    v_current bigint;
BEGIN
    SELECT array_agg(l.id), array_agg(l.expected), array_agg(l.next_offset), array_agg(l.place)
    INTO v_ids, v_expected, v_next, v_places
    FROM (SELECT p.id, m.expected, m.next_offset, m.place
          FROM unnest(clusters, consumer_groups, topics, partitions, expected, next_offsets)
               WITH ORDINALITY AS m(cluster, consumer_group, topic, partition, expected, next_offset, place)
          JOIN belfry.kafka_partitions p USING (cluster, consumer_group, topic, partition)
          ORDER BY p.id
          FOR NO KEY UPDATE OF p) l;

    WITH moved AS (
        INSERT INTO belfry.kafka_offsets
        SELECT l.id, l.next_offset FROM unnest(v_ids, v_expected, v_next) AS l(id, expected, next_offset)
        WHERE l.next_offset > l.expected
          AND l.expected = coalesce((SELECT o.next_offset FROM belfry.kafka_offsets o WHERE o.partition_id = l.id
                                     ORDER BY o.next_offset DESC LIMIT 1), -1)
        RETURNING partition_id
    )
    SELECT array_agg(partition_id) INTO v_moved FROM moved;
    IF cardinality(v_moved) = cardinality(v_ids) THEN
        RETURN;
    END IF;

    FOR r IN
        SELECT * FROM unnest(v_ids, v_expected, v_next, v_places) AS l(id, expected, next_offset, place)
        WHERE l.id <> ALL (coalesce(v_moved, '{}'))
        ORDER BY l.id
    LOOP
        v_current := (SELECT o.next_offset FROM belfry.kafka_offsets o WHERE o.partition_id = r.id ORDER BY o.next_offset DESC LIMIT 1);
        IF coalesce(v_current, -1) <> r.expected THEN
            RAISE EXCEPTION 'the partition was moved to % by another consumer, expected %', v_current, r.expected
                USING ERRCODE = 'BF001', DETAIL = (r.place - 1)::text;
        END IF;
        IF r.next_offset < r.expected THEN
            -- Back: the topic was made anew, or cut off. The newest row is the position, so the newer ones go.
            DELETE FROM belfry.kafka_offsets WHERE partition_id = r.id;
            INSERT INTO belfry.kafka_offsets VALUES (r.id, r.next_offset);
        END IF;
    END LOOP;
END $f$;
