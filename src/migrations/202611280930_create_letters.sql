-- Mails about a subscription that are to leave, or have left. Owner: src/signup/store.rs.
CREATE TABLE letters (
    id BIGINT NOT NULL PRIMARY KEY,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    -- confirm, welcome
    kind TEXT NOT NULL,
    -- instants are Unix seconds, UTC
    created_at BIGINT NOT NULL,
    -- when it is tried, or tried again; pushed ahead by whoever takes it in hand
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- set when the next hop has taken it, or it was given up
    done_at BIGINT,
    reply TEXT
);
CREATE INDEX letters_due ON letters (due_at) WHERE done_at IS NULL;
CREATE INDEX letters_subscriber ON letters (subscriber_id, kind, created_at);
