-- Every state an edition was in before somebody changed it. Owner: src/edition/store/versions.rs.
CREATE TABLE edition_versions (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- The version that the change made: 1 is the first after what was built.
    version BIGINT NOT NULL,
    -- Unix seconds, UTC
    at BIGINT NOT NULL,
    -- Who made it, and what it was in words.
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    -- JSON: the edition as it was before.
    before TEXT NOT NULL,
    PRIMARY KEY (edition_id, version)
);
-- How often an edition was changed: whoever saves says which one they saw.
ALTER TABLE editions ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
-- When its first reader got a row in the ledger: from then on nothing in it may change.
ALTER TABLE editions ADD COLUMN queued_at BIGINT;
