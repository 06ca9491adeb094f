-- What is queued, runs or waits is a small part of a long history. An index over every state is written at each move, and holds in the end
-- mostly what nobody asks it for; one of what is open stays as small as that is.
DROP INDEX executions_by_runner;
CREATE INDEX executions_by_runner ON executions (runner_id) WHERE status = 'running';
DROP INDEX executions_to_claim;
CREATE INDEX executions_to_claim ON executions (claim_rank, queued_at, id) WHERE status = 'queued';
DROP INDEX executions_to_seal;
CREATE INDEX executions_to_seal ON executions (id) WHERE log_sealed = FALSE;
DROP INDEX job_runs_by_status;
CREATE INDEX job_runs_open ON job_runs (status, sequence) WHERE ended_at IS NULL;
