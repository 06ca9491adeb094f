-- Runners that an administrator has drained: they end what they hold and get nothing new, also after they come back.
ALTER TABLE runners ADD COLUMN drained_by TEXT;
ALTER TABLE runners ADD COLUMN drained_at BIGINT;
