-- Sources: what we know of each feed between two polls. Owner: src/sources/store.rs.
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- Validators, sent back byte for byte (RFC 9110 section 13.1).
    etag TEXT,
    last_modified TEXT,
    checked_at BIGINT,
    succeeded_at BIGINT,
    failures BIGINT NOT NULL,
    last_error TEXT
);
