-- A row may have to wait for its reader's morning. Owner: src/delivery/store.rs.
ALTER TABLE deliveries ADD COLUMN not_before BIGINT;

-- How many messages went where, minute by minute, where that is limited. Owner: src/delivery/store/departures.rs.
CREATE TABLE departures (
    -- 'domain gmail.com', 'relay mail.example.org:587'
    name TEXT NOT NULL,
    -- minutes since 1970, UTC
    minute BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (name, minute)
);
