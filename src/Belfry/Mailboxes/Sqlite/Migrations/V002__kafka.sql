-- Kafka positions, moved in the transaction that stores the rows, and what could not become a notification.

CREATE TABLE kafka_offsets (
    cluster        TEXT NOT NULL,
    consumer_group TEXT NOT NULL,
    topic          TEXT NOT NULL,
    partition      INTEGER NOT NULL,
    next_offset    INTEGER NOT NULL,
    PRIMARY KEY (cluster, consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    cluster        TEXT NOT NULL,
    consumer_group TEXT NOT NULL,
    topic          TEXT NOT NULL,
    partition      INTEGER NOT NULL,
    record_offset  INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    record_key     BLOB,
    record_value   BLOB,
    received_at    INTEGER NOT NULL,
    relayed_at     INTEGER,
    PRIMARY KEY (cluster, consumer_group, topic, partition, record_offset)
) STRICT;
CREATE INDEX dead_letters_unrelayed ON dead_letters (received_at, record_offset) WHERE relayed_at IS NULL;
