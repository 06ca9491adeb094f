-- What people and tokens have done. Rows are added and never changed: each holds the hash of the one before it and of itself, and the head says
-- which is the last, so that a change, a removal, also of the newest rows, and another order can be found.
CREATE TABLE audit_entries (
    -- Gapless, from 1.
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    -- A workspace's identifier; empty: the whole installation.
    scope TEXT NOT NULL,
    -- user:ada, token:ci, push:ada, or andon for what the server did for somebody.
    actor TEXT NOT NULL,
    -- The person behind it, where there is one.
    user_id TEXT,
    action TEXT NOT NULL,
    -- KIND:NAME, as it was called then.
    object TEXT NOT NULL,
    object_id TEXT,
    address TEXT,
    agent TEXT,
    request TEXT,
    before_json TEXT,
    after_json TEXT,
    hash TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit_entries (scope, at, sequence);
CREATE INDEX audit_by_actor ON audit_entries (scope, actor, at, sequence);
CREATE INDEX audit_by_action ON audit_entries (scope, action, at, sequence);
CREATE INDEX audit_by_object ON audit_entries (scope, object, at, sequence);
CREATE INDEX audit_by_object_id ON audit_entries (scope, object_id, at, sequence);

-- One row: the end of the chain.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '');
