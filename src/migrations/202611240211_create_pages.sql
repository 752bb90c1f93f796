-- Pages: article pages that were asked for what a feed left out. Owner: src/sources/store.rs.
CREATE TABLE pages (
    -- The SHA-256 of the URL, in hexadecimal digits.
    url_hash TEXT PRIMARY KEY,
    -- The last time it was asked for, and whether it was read then; Unix seconds.
    fetched_at BIGINT NOT NULL,
    read_at BIGINT,
    -- In a row.
    failures BIGINT NOT NULL
);
