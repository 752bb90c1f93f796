-- What a person chose stands in their own row: there was exactly one such row for each, and every question about
-- readers asked both tables. Words as they were in the table before.
ALTER TABLE subscribers ADD COLUMN digests TEXT NOT NULL DEFAULT '';
ALTER TABLE subscribers ADD COLUMN format TEXT NOT NULL DEFAULT 'designed' CHECK (format IN ('designed', 'text'));
ALTER TABLE subscribers ADD COLUMN counting TEXT NOT NULL DEFAULT 'allowed' CHECK (counting IN ('allowed', 'declined'));
ALTER TABLE subscribers ADD COLUMN time_zone TEXT;
ALTER TABLE subscribers ADD COLUMN language TEXT;
ALTER TABLE subscribers ADD COLUMN paused_until BIGINT;
ALTER TABLE subscribers ADD COLUMN topics TEXT NOT NULL DEFAULT '';
UPDATE subscribers
SET digests = p.digests, format = p.format, counting = p.counting, time_zone = p.time_zone,
    language = p.language, paused_until = p.paused_until, topics = p.topics
FROM preferences p
WHERE p.subscriber_id = subscribers.id;
DROP TABLE preferences;

-- Nearly all are active: their pages are read in the order of ids, and an index of everybody's status only had to
-- be kept up. Who did not confirm is few, and is asked for by age.
DROP INDEX subscribers_by_status;
CREATE INDEX subscribers_pending ON subscribers (created_at) WHERE status = 'pending';
