-- What came back, one row a message and recipient: the same notice twice is one row.
-- Owner: src/feedback/store.rs.
CREATE TABLE feedback_reports (
    -- Hash of the message and the recipient.
    id TEXT PRIMARY KEY,
    -- The recipient in the form addresses are compared in.
    address_key TEXT NOT NULL,
    -- bounce, complaint, auto_reply, none
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Enhanced status code such as 5.1.1; empty if there was none.
    status TEXT NOT NULL,
    -- The delivery the message claims to be about, if there is one of that name; proves nothing.
    delivery_id TEXT,
    received_at BIGINT NOT NULL,
    -- suppressed, counted, ignored; empty while it is being decided.
    verdict TEXT NOT NULL,
    because TEXT NOT NULL,
    -- The beginning of the message, for whoever doubts the verdict.
    raw TEXT NOT NULL
);

CREATE INDEX feedback_reports_address ON feedback_reports (address_key, received_at);
