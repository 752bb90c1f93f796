-- When the message was written by its own account, where that can be; soft failures are a run by these days, also
-- where a mailbox was not read for weeks. Owner: src/feedback/store.rs.
ALTER TABLE feedback_reports ADD COLUMN happened_at BIGINT NOT NULL DEFAULT 0;
UPDATE feedback_reports SET happened_at = received_at;

DROP INDEX feedback_reports_address;
CREATE INDEX feedback_reports_address ON feedback_reports (address_key, happened_at);
