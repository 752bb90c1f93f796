-- Sources: when to ask again, and how a source is doing. Owner: src/sources/store.rs.
-- moved_to is from now on also the place the next look asks, until the configured one changes.

-- Not before this instant, after failures in a row; Unix seconds.
ALTER TABLE sources ADD COLUMN next_at BIGINT;
-- Not before this instant, because the server asked for it (Retry-After).
ALTER TABLE sources ADD COLUMN retry_after_at BIGINT;
-- When the server said that there is nothing any more (410).
ALTER TABLE sources ADD COLUMN gone_at BIGINT;
-- Answers that said "not modified", and the bytes they saved: each time the last body's, compressed.
ALTER TABLE sources ADD COLUMN not_modified BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN saved_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN body_bytes BIGINT NOT NULL DEFAULT 0;
-- The latest date an item of it ever had, never after the look.
ALTER TABLE sources ADD COLUMN newest_at BIGINT;
