-- Operators' handles: the cord of a whole workspace, the guard against loops, priorities, and reruns with what follows.

ALTER TABLE workspaces ADD COLUMN paused_by TEXT;
ALTER TABLE workspaces ADD COLUMN paused_reason TEXT;
ALTER TABLE workspaces ADD COLUMN paused_at BIGINT;

-- The guard against loops does not count what was before.
ALTER TABLE jobs ADD COLUMN resumed_at BIGINT;

-- Why there is this job run, for people, where its run does not say it.
ALTER TABLE job_runs ADD COLUMN cause TEXT;
CREATE INDEX job_runs_by_job_time ON job_runs (job_id, created_at);

-- The job's priority with its sign turned, so that one ascending index gives the order of claims.
ALTER TABLE executions ADD COLUMN claim_rank BIGINT NOT NULL DEFAULT 0;
CREATE INDEX executions_to_claim ON executions (status, claim_rank, queued_at, id);

-- The same commit under another resource has the same digest.
CREATE INDEX versions_by_digest ON versions (digest);

-- What a rerun takes along: each of these job runs is run again once everything before it that is run again has passed.
CREATE TABLE planned_reruns (
    root_id TEXT NOT NULL REFERENCES job_runs (id),
    original_id TEXT NOT NULL REFERENCES job_runs (id),
    actor TEXT NOT NULL,
    planned_at BIGINT NOT NULL,
    -- NULL while it waits, then `started`, `flowed` (the line started it by itself) or `dropped` (what it would run on did not pass).
    outcome TEXT,
    PRIMARY KEY (root_id, original_id)
);
CREATE INDEX planned_reruns_by_outcome ON planned_reruns (outcome);
