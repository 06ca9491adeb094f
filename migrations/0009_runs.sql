-- A run that was deleted is shown nowhere and has lost its logs, but its versions stay vouched for: the line must not run it again.
ALTER TABLE runs ADD COLUMN deleted_at BIGINT;
ALTER TABLE runs ADD COLUMN deleted_by TEXT;
