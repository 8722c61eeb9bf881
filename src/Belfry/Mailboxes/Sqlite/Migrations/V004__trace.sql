-- Dead letters as one list, and where an event is.

DROP INDEX dead_letters_unrelayed;
ALTER TABLE dead_letters RENAME TO dead_letters_before;
CREATE TABLE dead_letters (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
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
    UNIQUE (cluster, consumer_group, topic, partition, record_offset)
) STRICT;
INSERT INTO dead_letters (cluster, consumer_group, topic, partition, record_offset, reason, record_key, record_value, received_at, relayed_at)
SELECT cluster, consumer_group, topic, partition, record_offset, reason, record_key, record_value, received_at, relayed_at
FROM dead_letters_before ORDER BY received_at, record_offset;
DROP TABLE dead_letters_before;
CREATE INDEX dead_letters_unrelayed ON dead_letters (received_at, record_offset) WHERE relayed_at IS NULL;
CREATE INDEX dead_letters_by_time ON dead_letters (received_at, id);
CREATE INDEX dead_tasks_by_time ON dead_tasks (died_at, id);

-- When delivered_seq was moved last.
ALTER TABLE cursors ADD COLUMN delivered_at INTEGER;

-- The event that a task makes notifications of, or tells about; null for other work.
ALTER TABLE tasks ADD COLUMN event_key BLOB;
ALTER TABLE dead_tasks ADD COLUMN event_key BLOB;
CREATE INDEX tasks_event ON tasks (event_key) WHERE event_key IS NOT NULL;
CREATE INDEX dead_tasks_event ON dead_tasks (event_key) WHERE event_key IS NOT NULL;
