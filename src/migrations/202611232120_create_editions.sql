-- Editions: one dated sending of one digest. Owner: src/edition/store.rs.
CREATE TABLE editions (
    -- The slug: digest name and local date, such as daily-2026-11-23.
    id TEXT PRIMARY KEY,
    -- Small number that travels in link tokens (4 bytes).
    number BIGINT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    -- The instant the slot began.
    slot_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    subject TEXT NOT NULL,
    preheader TEXT NOT NULL,
    -- JSON: the frozen frame around the articles (names, date in words, tags, other content).
    frame TEXT NOT NULL,
    -- JSON: every candidate that is not in the edition, and why.
    passed_over TEXT NOT NULL,
    built_at BIGINT NOT NULL,
    approved_at BIGINT,
    -- When every recipient had its row in the ledger.
    enqueued_at BIGINT,
    finished_at BIGINT,
    UNIQUE (digest, slot_at)
);

CREATE TABLE edition_entries (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- Counts all entries of the edition from 1, in reading order; also the exposure's slot.
    position BIGINT NOT NULL,
    section TEXT NOT NULL,
    section_title TEXT NOT NULL,
    article_id TEXT NOT NULL,
    -- Number of the entry's link in tokens; the redirect goes here and nowhere else.
    link BIGINT NOT NULL,
    url TEXT NOT NULL,
    -- JSON: the article as it was when the edition was built.
    article TEXT NOT NULL,
    -- JSON: the score's parts; empty for entries chosen by time.
    score TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (edition_id, position),
    UNIQUE (edition_id, link)
);

CREATE INDEX edition_entries_article ON edition_entries (article_id);
