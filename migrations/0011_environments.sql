-- Environments: locks, and what somebody asked to bring into them.

-- At most one lock stands for an environment; those that were released stay as history.
CREATE TABLE environment_locks (
    id TEXT PRIMARY KEY,
    resource_id TEXT NOT NULL REFERENCES resources (id),
    locked_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    locked_at BIGINT NOT NULL,
    -- When it ends by itself; NULL until somebody unlocks it.
    until_at BIGINT,
    released_by TEXT,
    released_at BIGINT
);
CREATE UNIQUE INDEX environment_locks_standing ON environment_locks (resource_id) WHERE released_at IS NULL;
CREATE INDEX environment_locks_due ON environment_locks (released_at, until_at);

-- A promotion waits for its gates, then the job that deploys is started on the set that was asked for.
CREATE TABLE promotions (
    id TEXT PRIMARY KEY,
    resource_id TEXT NOT NULL REFERENCES resources (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    -- promote, rollback
    kind TEXT NOT NULL,
    -- Input of the job that deploys → version, as JSON; inputs that are not named take the newest that satisfies.
    pins TEXT NOT NULL,
    note TEXT,
    actor TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- NULL while it waits; started, dropped
    outcome TEXT,
    started_id TEXT
);
CREATE INDEX promotions_open ON promotions (outcome, asked_at);
CREATE INDEX promotions_by_job_run ON promotions (started_id);

-- The job runs of gates that have to be passed first.
CREATE TABLE promotion_gates (
    promotion_id TEXT NOT NULL REFERENCES promotions (id),
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    PRIMARY KEY (promotion_id, job_run_id)
);
