-- What became of editions once their readers had two days: the raw events may go, this stays.
-- Owner: src/engagement/store/.

-- How mailboxes behaved in editions before, for telling readers from programs: four numbers a reader,
-- and nothing of what they read.
CREATE TABLE mailboxes (
    subscriber_id BIGINT NOT NULL PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    -- Copies, stories followed, editions with behaviour of a program; older ones count less.
    copies DOUBLE PRECISION NOT NULL,
    clicks DOUBLE PRECISION NOT NULL,
    flags DOUBLE PRECISION NOT NULL,
    -- 1: a proxy loads the pictures, so that opens cannot be seen.
    proxied BIGINT NOT NULL
);

-- How far an edition is accounted for: in pages, so that a kill loses one page and repeats none.
CREATE TABLE settlements (
    edition_id TEXT NOT NULL PRIMARY KEY REFERENCES editions (id),
    -- The last delivery accounted for, in the order of ids.
    through TEXT NOT NULL,
    settled_at BIGINT
);

-- Who could have seen anything: one row an edition and wave.
CREATE TABLE readerships (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    wave BIGINT NOT NULL,
    -- When the first copy left.
    sent_at BIGINT NOT NULL,
    -- Copies; those whose readers may be counted; of these, those whose opens can be seen; of these,
    -- those that were opened.
    recipients BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    visible BIGINT NOT NULL,
    opens BIGINT NOT NULL,
    -- Copies a person showed a sign of reading, by pictures or a link, whether opens can be seen or not.
    signs BIGINT NOT NULL,
    -- Copies whose pictures a proxy loads, and those a program opened.
    proxied BIGINT NOT NULL,
    machines BIGINT NOT NULL,
    PRIMARY KEY (edition_id, wave)
);

-- Which story stood where, in how many copies, and who followed it.
CREATE TABLE exposures (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    wave BIGINT NOT NULL,
    -- The story's link in the edition, and its place in the copy from 1.
    link BIGINT NOT NULL,
    position BIGINT NOT NULL,
    recipients BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    visible BIGINT NOT NULL,
    opens BIGINT NOT NULL,
    -- Readers who followed it; how much that is believed; copies in which only programs did.
    people BIGINT NOT NULL,
    credit DOUBLE PRECISION NOT NULL,
    machines BIGINT NOT NULL,
    PRIMARY KEY (edition_id, wave, link, position)
);

-- What was done with copies that carry no identity: counts by wave and place, nothing else.
CREATE TABLE anonymous_events (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    -- open, click
    kind TEXT NOT NULL,
    -- Which wave the copy was of; for clicks the link and its place in the whole list, else -1 and 0.
    wave BIGINT NOT NULL,
    link BIGINT NOT NULL,
    position BIGINT NOT NULL,
    -- As in events.
    agent TEXT NOT NULL,
    hits BIGINT NOT NULL,
    PRIMARY KEY (edition_id, kind, wave, link, position, agent)
);
