-- The ledger: one row per edition and recipient. Owner: src/delivery/store.rs.
CREATE TABLE deliveries (
    -- Hash of edition and subscriber; also the left half of the Message-ID.
    id TEXT PRIMARY KEY,
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- Empty once the person is erased: the counts stay.
    subscriber_id BIGINT REFERENCES subscribers (id) ON DELETE SET NULL,
    -- queued, sending, sent, deferred, refused, suppressed, expired, uncertain
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    sent_at BIGINT,
    -- Set when a process died between the message and its reply; stays when it is sent again.
    uncertain_at BIGINT,
    -- The relay's last words about it.
    reply TEXT,
    UNIQUE (edition_id, subscriber_id)
);

CREATE INDEX deliveries_owed ON deliveries (edition_id, status, id);
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id);

-- Attempts that did not end in acceptance, for whoever asks why.
CREATE TABLE attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    attempt BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (delivery_id, attempt, outcome)
);
