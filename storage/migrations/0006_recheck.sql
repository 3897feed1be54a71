-- One more each time that a push wants the feed looked at again: a poll that
-- began before is not the last word on it.
ALTER TABLE feeds ADD COLUMN recheck BIGINT NOT NULL DEFAULT 0
