-- Processes that are sending an edition. Owner: src/delivery/store/.
CREATE TABLE senders (
    -- Random, made anew by every process.
    id TEXT PRIMARY KEY,
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- When it last said that it is alive.
    seen_at BIGINT NOT NULL
);

-- Who has a row in hand while it is `leased` or `sending`.
ALTER TABLE deliveries ADD COLUMN sender TEXT;

-- Only what is owed is looked for in order; a row leaves this index once.
DROP INDEX deliveries_owed;
CREATE INDEX deliveries_owed ON deliveries (edition_id, id) WHERE status IN ('queued', 'deferred');
