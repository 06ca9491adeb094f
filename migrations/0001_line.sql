-- The line and everything that happened on it. One dialect for SQLite and PostgreSQL: TEXT (identifiers as UUID, enums, JSON),
-- BIGINT (numbers, milliseconds since 1970 UTC), BOOLEAN, BYTEA.

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('events', 0), ('job-runs', 0);

CREATE TABLE events (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    workspace_id TEXT,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE pipelines (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    project TEXT,
    description TEXT,
    revision BIGINT NOT NULL,
    next_run BIGINT NOT NULL,
    paused_by TEXT,
    paused_reason TEXT,
    paused_at BIGINT,
    synced_from TEXT,
    sync_error TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE revisions (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    number BIGINT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    message TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pipeline_id, number)
);

-- A resource's row is one history: a change of its source fields retires the row and starts another.
CREATE TABLE resources (
    id TEXT PRIMARY KEY,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    current BOOLEAN NOT NULL,
    next_order BIGINT NOT NULL,
    pinned_version_id TEXT,
    pinned_by TEXT,
    pinned_comment TEXT,
    check_at BIGINT,
    check_failures BIGINT NOT NULL,
    check_error TEXT,
    checked_at BIGINT,
    cursor TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX resources_by_pipeline ON resources (pipeline_id, name);
CREATE INDEX resources_to_check ON resources (check_at);

CREATE TABLE versions (
    id TEXT PRIMARY KEY,
    resource_id TEXT NOT NULL REFERENCES resources (id),
    ordinal BIGINT NOT NULL,
    digest TEXT NOT NULL,
    map TEXT NOT NULL,
    metadata TEXT NOT NULL,
    archive_digest TEXT,
    archive_size BIGINT,
    origin TEXT NOT NULL,
    actor TEXT NOT NULL,
    job_run_id TEXT,
    enabled BOOLEAN NOT NULL,
    disabled_reason TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (resource_id, digest)
);
CREATE INDEX versions_by_order ON versions (resource_id, ordinal);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    name TEXT NOT NULL,
    current BOOLEAN NOT NULL,
    next_number BIGINT NOT NULL,
    paused_by TEXT,
    paused_reason TEXT,
    paused_at BIGINT,
    state TEXT NOT NULL,
    decision TEXT,
    decided_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (pipeline_id, name)
);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT,
    cause TEXT NOT NULL,
    cause_version_id TEXT,
    cause_detail TEXT,
    actor TEXT NOT NULL,
    author TEXT,
    note TEXT,
    params TEXT NOT NULL,
    outcome TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (pipeline_id, number)
);
CREATE INDEX runs_by_workspace ON runs (workspace_id, created_at, id);
CREATE INDEX runs_by_outcome ON runs (workspace_id, outcome, created_at, id);
CREATE INDEX runs_by_cause ON runs (pipeline_id, cause_version_id);

CREATE TABLE job_runs (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id),
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    revision BIGINT NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    number BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    rerun_of TEXT,
    -- Set for automatic job runs only: one set never starts two of them.
    set_digest TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    superseded BIGINT NOT NULL,
    actor TEXT NOT NULL,
    params TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    UNIQUE (job_id, number, attempt),
    UNIQUE (job_id, set_digest)
);
CREATE INDEX job_runs_by_run ON job_runs (run_id);
CREATE INDEX job_runs_by_status ON job_runs (status, sequence);

CREATE TABLE job_run_inputs (
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    name TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    PRIMARY KEY (job_run_id, name)
);
CREATE INDEX job_run_inputs_by_version ON job_run_inputs (version_id);

CREATE TABLE job_run_outputs (
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    resource_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    PRIMARY KEY (job_run_id, resource_id, version_id)
);

CREATE TABLE job_run_follows (
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    upstream_id TEXT NOT NULL,
    PRIMARY KEY (job_run_id, upstream_id)
);
CREATE INDEX job_run_follows_by_upstream ON job_run_follows (upstream_id);

-- What a finished job run vouches for, inherited lineage included: one row for each resource and version.
CREATE TABLE vouchers (
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    resource_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    distance BIGINT NOT NULL,
    PRIMARY KEY (job_run_id, resource_id)
);
CREATE INDEX vouchers_by_version ON vouchers (version_id);

CREATE TABLE deployments (
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    resource_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (job_run_id, resource_id)
);
CREATE INDEX deployments_by_environment ON deployments (resource_id, at);

-- What runners execute: one cell of a job run's matrix, one attempt.
CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    job_run_id TEXT NOT NULL REFERENCES job_runs (id),
    cell TEXT,
    matrix TEXT NOT NULL,
    labels TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT,
    reason TEXT,
    detail TEXT,
    runner_id TEXT,
    lease_until BIGINT,
    stop_requested BOOLEAN NOT NULL,
    steps_begun BOOLEAN NOT NULL,
    reported BIGINT NOT NULL,
    log_size BIGINT NOT NULL,
    log_blob TEXT,
    log_blob_size BIGINT,
    log_sealed BOOLEAN NOT NULL,
    summary TEXT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX executions_by_job_run ON executions (job_run_id);
CREATE INDEX executions_by_status ON executions (status, queued_at);
CREATE INDEX executions_by_runner ON executions (runner_id, status);
CREATE INDEX executions_to_seal ON executions (log_sealed, status);

CREATE TABLE execution_steps (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (execution_id, position)
);

CREATE TABLE execution_outputs (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    resource TEXT NOT NULL,
    map TEXT NOT NULL,
    archive_digest TEXT,
    archive_size BIGINT,
    PRIMARY KEY (execution_id, resource)
);

CREATE TABLE execution_state (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution_id, name)
);

CREATE TABLE log_chunks (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (execution_id, position)
);

CREATE TABLE artifacts (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    path TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob_digest TEXT NOT NULL,
    blob_size BIGINT NOT NULL,
    PRIMARY KEY (execution_id, path)
);

CREATE TABLE test_cases (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    position BIGINT NOT NULL,
    suite TEXT NOT NULL,
    class TEXT,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    duration_ms BIGINT,
    detail TEXT,
    PRIMARY KEY (execution_id, position)
);

CREATE TABLE annotations (
    execution_id TEXT NOT NULL REFERENCES executions (id),
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (execution_id, position)
);

CREATE TABLE runners (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    labels TEXT NOT NULL,
    slots BIGINT NOT NULL,
    executor TEXT NOT NULL,
    isolation TEXT NOT NULL,
    notice TEXT,
    version TEXT NOT NULL,
    address TEXT,
    state TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE gates (
    id TEXT PRIMARY KEY,
    job_run_id TEXT NOT NULL UNIQUE REFERENCES job_runs (id),
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    deadline_at BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX gates_by_deadline ON gates (status, deadline_at);

CREATE TABLE gate_decisions (
    id TEXT PRIMARY KEY,
    gate_id TEXT NOT NULL REFERENCES gates (id),
    user_id TEXT NOT NULL,
    decision TEXT NOT NULL,
    comment TEXT,
    at BIGINT NOT NULL,
    UNIQUE (gate_id, user_id)
);

CREATE TABLE repositories (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE hook_deliveries (
    id TEXT PRIMARY KEY,
    received_at BIGINT NOT NULL
);
