-- Readers who were asked whether they still read. Owner: src/signup/store/quiet.rs.
CREATE TABLE still_there (
    subscriber_id BIGINT NOT NULL PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    -- instants are Unix seconds, UTC: when it was decided to ask, and when the next hop took the letter
    decided_at BIGINT NOT NULL,
    asked_at BIGINT,
    -- the button was pressed
    answered_at BIGINT,
    -- nothing came, and they are paused
    paused_at BIGINT
);
