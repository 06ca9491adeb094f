-- Where a version has got to: its vouchers and its consumers in the order of the job runs, so that a few of very many can be read alone.
DROP INDEX vouchers_by_version;
CREATE INDEX vouchers_by_version ON vouchers (version_id, job_run_id);
DROP INDEX job_run_inputs_by_version;
CREATE INDEX job_run_inputs_by_version ON job_run_inputs (version_id, job_run_id);
CREATE INDEX job_run_outputs_by_version ON job_run_outputs (version_id);
