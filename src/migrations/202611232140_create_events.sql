-- What readers did, without network address or user agent: only the verdict is kept.
-- Owner: src/engagement/store.rs.
CREATE TABLE events (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    -- open, click, unsubscribe
    kind TEXT NOT NULL,
    -- The edition's link for clicks, else -1.
    link BIGINT NOT NULL,
    -- person, privacy_proxy, scanner, unknown
    agent TEXT NOT NULL,
    reason TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    -- One open a reader and edition, one click a reader and link, whatever they repeat.
    PRIMARY KEY (edition_id, delivery_id, kind, link, agent)
);
