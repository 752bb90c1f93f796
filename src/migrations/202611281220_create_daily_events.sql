-- What readers did, by day, once the events of single readers are gone (tracking.keep).
-- Owner: src/engagement/store/.
CREATE TABLE daily_events (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- Days since 1970, UTC.
    day BIGINT NOT NULL,
    -- As in events.
    kind TEXT NOT NULL,
    link BIGINT NOT NULL,
    agent TEXT NOT NULL,
    -- Readers who did it first on that day, and how often it was done.
    readers BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    PRIMARY KEY (edition_id, day, kind, link, agent)
);
