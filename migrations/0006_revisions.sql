-- What the names of a revision meant when it came into force, beyond its own jobs: the pipeline's resources (kind `resource`), and other
-- pipelines' resources and jobs (`foreign-resource` and `foreign-job`, named `pipeline/name`).
CREATE TABLE revision_names (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    target_id TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, revision, kind, name)
);
INSERT INTO revision_names (pipeline_id, revision, kind, name, target_id)
SELECT v.pipeline_id, v.number, 'resource', r.name, r.id FROM revisions v JOIN resources r ON r.pipeline_id = v.pipeline_id WHERE r.current = TRUE;

-- Former names of jobs and resources.
CREATE TABLE renames (
    target_id TEXT NOT NULL,
    name TEXT NOT NULL,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (target_id, name)
);
CREATE INDEX renames_by_pipeline ON renames (pipeline_id, name);

-- What the job is called in the job run's revision.
ALTER TABLE job_runs ADD COLUMN job_name TEXT;
UPDATE job_runs SET job_name = (SELECT jobs.name FROM jobs WHERE jobs.id = job_runs.job_id);
CREATE INDEX job_runs_by_pipeline ON job_runs (pipeline_id, ended_at);

-- The run of another pipeline that a run goes on from.
ALTER TABLE runs ADD COLUMN cause_run_id TEXT;
CREATE INDEX runs_by_cause_run ON runs (pipeline_id, cause_run_id);

-- What came of a pipeline's file in a commit of a built-in repository.
CREATE TABLE commit_reports (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    repository TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    file TEXT NOT NULL,
    pipeline TEXT,
    state TEXT NOT NULL,
    detail TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, repository, commit_id, file)
);
