-- Articles: each story once, cleaned. Owner: src/articles/store.rs.
CREATE TABLE articles (
    -- The beginning of the SHA-256 of the canonical URL, 16 hexadecimal digits.
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT,
    -- Name of the source that had it first; only that one may change what is known.
    source TEXT NOT NULL,
    category TEXT,
    -- JSON array of texts.
    tags TEXT NOT NULL,
    author TEXT,
    image_url TEXT,
    image_alt TEXT,
    language TEXT,
    -- Reading time.
    minutes BIGINT,
    -- The earliest date its source ever gave, else the first sighting.
    published_at BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    -- The last time any of the above changed here.
    updated_at BIGINT NOT NULL,
    -- The editor's hand.
    hidden_at BIGINT,
    pinned_at BIGINT,
    boost DOUBLE PRECISION NOT NULL
);

CREATE INDEX articles_published_at ON articles (published_at);
