-- Whom an open gate asks. A person's inbox begins here, so that it costs what that person may see.
CREATE TABLE gate_approvers (
    gate_id TEXT NOT NULL REFERENCES gates (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    -- `user:ada`, `group:release`, `role:operator`.
    approver TEXT NOT NULL,
    -- Asked only once the gate has escalated.
    escalation BOOLEAN NOT NULL,
    PRIMARY KEY (gate_id, approver)
);
CREATE INDEX gate_approvers_by_name ON gate_approvers (workspace_id, approver);

-- Whether the gate leaves somebody's approval out; NULL where it has not been listed yet whom it asks.
ALTER TABLE gates ADD COLUMN excludes BOOLEAN;
CREATE INDEX gates_claimed ON gates (claimed_by);
-- The loop of the gates lists whom those ask that are open already.
UPDATE gates SET next_at = 0 WHERE status = 'open';
