-- Mailboxes: who has one, what stands in it, how far it has been delivered.

-- The name of this store's history, beside the witnesses that tell whether it is still the same server and the same past.
CREATE TABLE belfry.store (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch             text NOT NULL,
    system_identifier text NOT NULL,
    timeline          text NOT NULL,
    changed_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The one clock of everything that is stored. A function of its own, so that a test can move it.
CREATE FUNCTION belfry.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- An append locks this row and does not rewrite it: a transaction held open elsewhere then costs no row versions.
-- base_seq is the last seq before the partition that starts at base_part; the last seq of all is found in the log.
CREATE TABLE belfry.mailboxes (
    user_id    text COLLATE "C" PRIMARY KEY,
    generation integer NOT NULL DEFAULT 0,
    floor_seq  bigint NOT NULL DEFAULT 0,
    base_seq   bigint NOT NULL DEFAULT 0,
    base_part  timestamptz NOT NULL,
    created_at timestamptz NOT NULL
) WITH (fillfactor = 80);

-- What moves often stands apart from what an append locks.
CREATE TABLE belfry.cursors (
    user_id       text COLLATE "C" PRIMARY KEY,
    delivered_seq bigint NOT NULL DEFAULT 0,
    state_version bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The log. Its unique indexes belong to each partition: one on the whole would have to hold the partition key as well. What
-- keeps (user_id, seq) unique over partitions is the mailbox's lock. received_at is taken under
-- that lock and never goes back within a mailbox, so partition order is seq order.
CREATE TABLE belfry.notifications (
    seq             bigint NOT NULL,
    received_at     timestamptz NOT NULL,
    event_timestamp timestamptz NOT NULL,
    expires_at      timestamptz,
    notification_id uuid NOT NULL,
    event_key       uuid NOT NULL,
    priority        smallint NOT NULL,
    user_id         text COLLATE "C" NOT NULL,
    source          text NOT NULL,
    event_id        text NOT NULL,
    event_type      text NOT NULL,
    collapse_key    text,
    traceparent     text,
    attributes      json,
    payload         json NOT NULL
) PARTITION BY RANGE (received_at);

CREATE TABLE belfry.partitions (
    starts_at timestamptz PRIMARY KEY,
    ends_at   timestamptz NOT NULL,
    name      text NOT NULL UNIQUE,
    CHECK (starts_at < ends_at)
);

-- Makes the week's partition that holds a time, when it is not there. LIKE and ATTACH wait for nobody who reads or appends.
CREATE FUNCTION belfry.ensure_partition(at timestamptz) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    v_start timestamptz := date_bin('7 days', at, timestamptz '2024-01-01 00:00:00+00');
    v_end   timestamptz := v_start + interval '7 days';
    v_name  text := 'notifications_' || to_char(v_start AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('belfry.ensure_partition'));
    IF EXISTS (SELECT FROM belfry.partitions WHERE starts_at < v_end AND ends_at > v_start) THEN
        RETURN;
    END IF;
    -- Its rows are never changed, and go with the whole of it: nothing for a vacuum to do but the rare freeze, and the append
    -- asks for no statistics.
    EXECUTE format('CREATE TABLE belfry.%I (LIKE belfry.notifications INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) '
                   'WITH (autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 10000000)', v_name);
    EXECUTE format('CREATE UNIQUE INDEX ON belfry.%I (user_id, seq)', v_name);
    -- Pattern operators: see the append. Its look into the partition before covers the border.
    EXECUTE format('CREATE UNIQUE INDEX ON belfry.%I (event_key, user_id text_pattern_ops)', v_name);
    EXECUTE format('ALTER TABLE belfry.notifications ATTACH PARTITION belfry.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_start, v_end);
    INSERT INTO belfry.partitions VALUES (v_start, v_end, v_name);
END $f$;

CREATE VIEW belfry.notification_status AS
SELECT n.user_id, n.seq,
       CASE WHEN n.expires_at <= clock_timestamp() THEN 'expired'
            WHEN n.seq <= c.delivered_seq THEN 'delivered'
            ELSE 'pending' END AS status
FROM belfry.notifications n LEFT JOIN belfry.cursors c USING (user_id);
