-- Notifications: a channel's template and health, what each attempt sent, what a person and a workspace want to be told, the statuses of
-- commits at forges, and the links of mails that were used.

ALTER TABLE channels ADD COLUMN template TEXT;
ALTER TABLE channels ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN failing_since BIGINT;
ALTER TABLE channels ADD COLUMN paused_at BIGINT;
ALTER TABLE channels ADD COLUMN paused_by TEXT;
ALTER TABLE channels ADD COLUMN paused_reason TEXT;

-- The channel from whose list of addresses a delivery came, the person whom it is for, and whether it goes with others in one mail.
ALTER TABLE deliveries ADD COLUMN channel TEXT;
ALTER TABLE deliveries ADD COLUMN user_id TEXT;
ALTER TABLE deliveries ADD COLUMN collected BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX deliveries_by_target ON deliveries (workspace_id, target, state);
CREATE INDEX deliveries_by_end ON deliveries (ended_at);

CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id),
    position BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    -- As it was sent, cut and without secrets; absent where it did not come to that.
    request TEXT,
    answer TEXT NOT NULL,
    PRIMARY KEY (delivery_id, position)
);

CREATE TABLE notification_rules (
    workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id),
    text TEXT NOT NULL,
    rules TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE notification_preferences (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What a forge should show for a commit: what is sent is read from here at the time of sending, so that no retry brings an old one back.
CREATE TABLE commit_statuses (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    channel TEXT NOT NULL,
    repository TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    context TEXT NOT NULL,
    run_id TEXT,
    run_number BIGINT NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    link TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, channel, repository, commit_id, context)
);
CREATE INDEX commit_statuses_by_run ON commit_statuses (run_id);

CREATE TABLE gate_link_uses (
    token_hash TEXT PRIMARY KEY,
    gate_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    used_at BIGINT NOT NULL
);

-- How far notifications have been made from the events; what happened before is not told.
INSERT INTO counters (name, value) SELECT 'told', value FROM counters WHERE name = 'events';
