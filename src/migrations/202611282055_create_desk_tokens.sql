-- What programs show at the desk's API instead of a password. Owner: src/desk/store/tokens.rs.
CREATE TABLE desk_tokens (
    -- SHA-256 of the token
    token TEXT NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES desk_people (id) ON DELETE CASCADE,
    -- what it is for, in somebody's words
    label TEXT NOT NULL,
    -- Unix seconds, UTC
    created_at BIGINT NOT NULL,
    -- no more exact than an hour; empty before the first time
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    UNIQUE (person_id, label)
);
