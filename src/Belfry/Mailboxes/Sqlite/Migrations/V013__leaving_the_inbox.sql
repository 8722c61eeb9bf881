-- Notifications that leave the inbox by themselves, or never enter it: what has passed its expires_at, what a newer one with the
-- same collapse_key has taken the place of, what its user has muted. All become marks, so that counts stay sums.

-- What is to expire, as a list of its own: the log is never changed, and nothing has to look through it.
CREATE TABLE expiring (
    user_id    TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiring_due ON expiring (expires_at);

-- The newest of each key.
CREATE TABLE collapse_keys (
    user_id      TEXT NOT NULL,
    collapse_key TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (user_id, collapse_key)
) STRICT, WITHOUT ROWID;

-- What users want to be told of, as they have said it. Muted types as a JSON array; whoever has none stands at NULL.
CREATE TABLE preferences (
    user_id    TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    muted      TEXT,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
