-- Webhooks: how far the log has been looked through for each endpoint.

CREATE TABLE webhook_endpoints (
    name        TEXT PRIMARY KEY,
    -- Its tasks have the ranks number * 4 + priority: its own stretch of the index of what is due.
    number      INTEGER NOT NULL UNIQUE,
    -- Everything up to this place in the log has been looked at. A position may be given out again once the newest rows are gone;
    -- with its time it may not.
    received_at INTEGER NOT NULL,
    position    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
