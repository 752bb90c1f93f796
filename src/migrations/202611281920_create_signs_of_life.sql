-- When a reader last did something that only people do, once the events themselves are gone; only while
-- signup.quiet asks for it. Owner: src/engagement/store/daily.rs.
CREATE TABLE signs_of_life (
    subscriber_id BIGINT NOT NULL PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    -- Unix seconds, UTC
    seen_at BIGINT NOT NULL
);
