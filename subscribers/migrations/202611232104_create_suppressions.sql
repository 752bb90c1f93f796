-- Addresses that must not be mailed. Keyed by address, not by person, so that it holds for
-- people who are not on the list yet and survives the erasure of those who were.
CREATE TABLE suppressions (
    address_key TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    -- when the cause happened (not when we heard of it); Unix seconds, UTC
    since_at BIGINT NOT NULL,
    -- empty: for good
    until_at BIGINT,
    note TEXT NOT NULL,
    -- set when the block was taken back; the row stays so that an old notice, read again,
    -- does not bring it back
    lifted_at BIGINT,
    lifted_because TEXT
);
