-- The people of the house and what they did. Owner: src/desk/store.rs.
CREATE TABLE desk_people (
    id BIGINT NOT NULL PRIMARY KEY,
    -- what they sign in with, in lower case
    name TEXT NOT NULL UNIQUE,
    -- marketing, editor, admin
    role TEXT NOT NULL,
    -- Argon2id, in the PHC string format
    password TEXT NOT NULL,
    -- Unix seconds, UTC
    created_at BIGINT NOT NULL
);

CREATE TABLE desk_sessions (
    -- SHA-256 of what the cookie holds, and of what it held until a moment ago
    token TEXT NOT NULL PRIMARY KEY,
    former TEXT,
    person_id BIGINT NOT NULL REFERENCES desk_people (id) ON DELETE CASCADE,
    -- what forms have to bring along
    form_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX desk_sessions_former ON desk_sessions (former);

-- What was done and what was refused. Rows are only ever added, and go after a year.
CREATE TABLE desk_log (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    -- such as approve, sign-in
    act TEXT NOT NULL,
    -- what it was done to, such as an edition; may be empty
    about TEXT NOT NULL,
    -- done, refused
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX desk_log_at ON desk_log (at);

-- Addresses that tests go to, by the name of the group.
CREATE TABLE desk_groups (
    name TEXT NOT NULL PRIMARY KEY,
    -- one a line
    addresses TEXT NOT NULL
);
