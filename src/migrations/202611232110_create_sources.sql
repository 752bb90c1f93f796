-- Sources: what we know of each feed between two polls. Owner: src/sources/store.rs.
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    -- The URL or file the row speaks of; validators of another place are worthless.
    location TEXT NOT NULL,
    -- Validators, sent back byte for byte (RFC 9110 section 13.1); for a file its SHA-256.
    etag TEXT,
    last_modified TEXT,
    checked_at BIGINT NOT NULL,
    succeeded_at BIGINT,
    -- In a row, since the last success.
    failures BIGINT NOT NULL,
    last_error TEXT,
    -- In the last answer that was read.
    items BIGINT NOT NULL,
    -- JSON array of sentences: what had to be repaired before the last answer could be read.
    repaired TEXT NOT NULL,
    -- Where the feed says it has moved for good.
    moved_to TEXT
);
