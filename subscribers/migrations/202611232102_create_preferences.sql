-- What the person chose; exactly one row per subscriber.
CREATE TABLE preferences (
    subscriber_id BIGINT NOT NULL PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    -- names between single spaces, with one before the first and after the last, so that
    -- ' weekly ' is found in one step; empty means every digest, one space means none
    digests TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('designed', 'text')),
    -- whether opens and clicks of this person may be counted
    counting TEXT NOT NULL CHECK (counting IN ('allowed', 'declined'))
);
