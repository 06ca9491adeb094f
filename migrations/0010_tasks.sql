-- People's tasks: the checklist of a job run, its tasks, and what happened to each.

CREATE TABLE checklists (
    job_run_id TEXT PRIMARY KEY REFERENCES job_runs (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    pipeline_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    -- When people's time for all of it runs out.
    deadline_at BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX checklists_due ON checklists (deadline_at) WHERE closed_at IS NULL;

CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    pipeline_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    job_run_id TEXT NOT NULL REFERENCES checklists (job_run_id),
    position BIGINT NOT NULL,
    -- What other tasks of the checklist call it.
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    -- At most one of the two.
    assignee_user TEXT,
    assignee_group TEXT,
    -- Why it is nobody's although the file names somebody.
    assignee_problem TEXT,
    claimed_by TEXT,
    claimed_at BIGINT,
    due_at BIGINT,
    -- When the due time was set, and what has been told of it: 0 nothing, 1 due soon, 2 overdue.
    due_set_at BIGINT NOT NULL,
    due_told BIGINT NOT NULL,
    -- While it is due after another task that is not closed: that task's name, and milliseconds.
    due_after TEXT,
    due_after_ms BIGINT,
    -- When its due time has to be looked at next; NULL once all is told, and once it is closed.
    next_at BIGINT,
    -- Names of the tasks before it, as JSON.
    after TEXT NOT NULL,
    optional BOOLEAN NOT NULL,
    reason_required BOOLEAN NOT NULL,
    added BOOLEAN NOT NULL,
    added_by TEXT,
    status TEXT NOT NULL,
    -- Why it was skipped, or is on hold.
    reason TEXT,
    -- Its checklist goes on, and it is neither done nor skipped.
    active BOOLEAN NOT NULL,
    -- Nothing before it is left to do.
    ready BOOLEAN NOT NULL,
    -- Who did or skipped it: the account, and as an actor.
    closed_user TEXT,
    closed_by TEXT,
    closed_at BIGINT,
    -- One more with every change.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (job_run_id, name)
);
CREATE INDEX tasks_by_job_run ON tasks (job_run_id, position);
CREATE INDEX tasks_due ON tasks (next_at) WHERE active;
CREATE INDEX tasks_by_user ON tasks (assignee_user, workspace_id) WHERE active;
CREATE INDEX tasks_by_claimer ON tasks (claimed_by, workspace_id) WHERE active;
CREATE INDEX tasks_active ON tasks (workspace_id, id) WHERE active;
CREATE INDEX tasks_by_closer ON tasks (closed_user, workspace_id, closed_at);

CREATE TABLE task_history (
    id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES tasks (id),
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- created, status, assigned, claimed, released, note, title, description, due.
    kind TEXT NOT NULL,
    -- What it was, what it is, and what somebody said.
    before TEXT,
    now TEXT,
    note TEXT
);
CREATE INDEX task_history_by_task ON task_history (task_id, at, id);

-- Somebody closed the run by hand.
ALTER TABLE runs ADD COLUMN closing_reason TEXT;
ALTER TABLE runs ADD COLUMN closed_by TEXT;
ALTER TABLE runs ADD COLUMN closed_at BIGINT;
CREATE INDEX gate_decisions_by_user ON gate_decisions (user_id, at);
