-- One row per person. Ids are random and positive: they travel inside signed links.
CREATE TABLE subscribers (
    id BIGINT NOT NULL PRIMARY KEY,
    -- as it goes on the wire: local part as the person wrote it, domain as lower-case A-labels
    address TEXT NOT NULL,
    -- the whole address in lower case, the form that must be unique
    address_key TEXT NOT NULL UNIQUE,
    name TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'unsubscribed', 'suppressed')),
    -- instants are Unix seconds, UTC
    created_at BIGINT NOT NULL,
    -- first opt-in; kept when the person leaves
    confirmed_at BIGINT,
    -- set while the person is gone, empty again when they come back
    unsubscribed_at BIGINT,
    -- how the address came to us, in the words of the consents table
    origin TEXT NOT NULL
);

-- The audience is read in pages of active people by id.
CREATE INDEX subscribers_by_status ON subscribers (status, id);
