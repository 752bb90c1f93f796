-- The evidence of what a person agreed to and took back; rows are only ever added.
CREATE TABLE consents (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    -- 1, 2, 3 … per person: two acts may fall into the same second
    position BIGINT NOT NULL,
    -- Unix seconds, UTC
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    -- 'one-click', 'button', 'import march.csv' …
    how TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, position)
) /* WITHOUT ROWID */;
