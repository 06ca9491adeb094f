-- Gates with timers, checks, forms, claims, break-glass, and a history of decisions.

-- The revision whose rules the gate asks by.
ALTER TABLE gates ADD COLUMN revision BIGINT;
-- When it has to be looked at next; NULL while only people can move it, and once it is closed.
ALTER TABLE gates ADD COLUMN next_at BIGINT;
ALTER TABLE gates ADD COLUMN reminded_at BIGINT;
ALTER TABLE gates ADD COLUMN escalated_at BIGINT;
ALTER TABLE gates ADD COLUMN claimed_by TEXT;
ALTER TABLE gates ADD COLUMN claimed_at BIGINT;
-- people, timeout, break-glass, newer-set, stop.
ALTER TABLE gates ADD COLUMN closed_how TEXT;
-- When its time ran out and it counts as approved, though it may wait for a window or a check.
ALTER TABLE gates ADD COLUMN timed_out_at BIGINT;
-- While it is open and has checks: the pipeline whose job runs, when they end, may change what its checks say.
ALTER TABLE gates ADD COLUMN watches TEXT;
-- What the checks said last, as JSON, and when; when one that holds it up is asked again.
ALTER TABLE gates ADD COLUMN checks TEXT;
ALTER TABLE gates ADD COLUMN checked_at BIGINT;
ALTER TABLE gates ADD COLUMN check_at BIGINT;
-- The gate whose approval of the very same thing counts here.
ALTER TABLE gates ADD COLUMN carried_from TEXT;
ALTER TABLE gates ADD COLUMN broken_by TEXT;
ALTER TABLE gates ADD COLUMN broken_reason TEXT;
ALTER TABLE gates ADD COLUMN reviewed_by TEXT;
ALTER TABLE gates ADD COLUMN reviewed_at BIGINT;
ALTER TABLE gates ADD COLUMN review_comment TEXT;

UPDATE gates SET revision = (SELECT j.revision FROM job_runs j WHERE j.id = gates.job_run_id);
UPDATE gates SET next_at = deadline_at WHERE status = 'open';
UPDATE gates SET closed_how = CASE status WHEN 'superseded' THEN 'newer-set' WHEN 'withdrawn' THEN 'stop' WHEN 'expired' THEN 'timeout' ELSE 'people' END
WHERE status <> 'open';

DROP INDEX gates_by_deadline;
CREATE INDEX gates_due ON gates (status, next_at);
CREATE INDEX gates_watching ON gates (watches);
CREATE INDEX gates_by_digest ON gates (digest);
CREATE INDEX gates_to_review ON gates (broken_by, reviewed_at);

-- A decision can be taken back, and made again: nothing of it is deleted, and one per person stands.
CREATE TABLE gate_votes (
    id TEXT PRIMARY KEY,
    gate_id TEXT NOT NULL REFERENCES gates (id),
    user_id TEXT NOT NULL,
    decision TEXT NOT NULL,
    comment TEXT,
    -- Answers to the form, as JSON.
    answers TEXT NOT NULL,
    -- What was decided about: a decision counts only for this.
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    revoked_at BIGINT,
    -- Who took it back: the person, or andon because what it was about has changed.
    revoked_by TEXT
);
INSERT INTO gate_votes (id, gate_id, user_id, decision, comment, answers, digest, at)
SELECT d.id, d.gate_id, d.user_id, d.decision, d.comment, '{}', g.digest, d.at FROM gate_decisions d JOIN gates g ON g.id = d.gate_id;
DROP TABLE gate_decisions;
ALTER TABLE gate_votes RENAME TO gate_decisions;
CREATE UNIQUE INDEX gate_decisions_standing ON gate_decisions (gate_id, user_id) WHERE revoked_at IS NULL;
CREATE INDEX gate_decisions_by_gate ON gate_decisions (gate_id, at);
