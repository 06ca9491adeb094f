-- What is asked on the way of every job must not look at all that has ended. SQLite plans without statistics: between an index on the state alone
-- and one on the job run alone it took the former, which is most of the history.
DROP INDEX executions_by_job_run;
CREATE INDEX executions_by_job_run ON executions (job_run_id, status);
-- executions_to_claim begins with the state, too.
DROP INDEX executions_by_status;
-- The sweep looks for runs that a crash has left open.
CREATE INDEX runs_open ON runs (id) WHERE outcome IS NULL;
-- A page of one pipeline's runs, among those of many.
CREATE INDEX runs_by_pipeline ON runs (workspace_id, pipeline_id, created_at, id);
