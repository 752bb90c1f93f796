-- When copies of an edition left and when their readers first did something, by hour and mail service: kept as
-- readerships are, so that reports stay as they were when single events go.
-- Owner: src/engagement/store/.
CREATE TABLE readings (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- Hours since 1970, UTC.
    hour BIGINT NOT NULL,
    service TEXT NOT NULL,
    -- Copies that left in it; of these, those whose readers may be counted.
    sent BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    -- Readers whose first sign of reading fell into it, and whose first link.
    opens BIGINT NOT NULL,
    clicks BIGINT NOT NULL,
    PRIMARY KEY (edition_id, hour, service)
);
