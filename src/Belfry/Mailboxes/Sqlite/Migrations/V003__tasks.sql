-- The work queue: what this process must do once. Done work leaves the table.

CREATE TABLE tasks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT NOT NULL,
    task_key     BLOB NOT NULL,
    priority     INTEGER NOT NULL,
    run_at       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Null: nobody has it. The token rises with every claim, and only the newest one may complete.
    lease_until  INTEGER,
    token        INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    last_error   TEXT,
    progress     TEXT,
    body         BLOB NOT NULL,
    UNIQUE (task_key, kind)
) STRICT;
CREATE INDEX tasks_due ON tasks (priority DESC, run_at) WHERE lease_until IS NULL;
CREATE INDEX tasks_leased ON tasks (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE dead_tasks (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,
    task_key     BLOB NOT NULL,
    priority     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    died_at      INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    last_error   TEXT,
    progress     TEXT,
    body         BLOB NOT NULL
) STRICT;

CREATE TABLE topic_members (
    topic    TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (topic, user_id)
) STRICT, WITHOUT ROWID;
