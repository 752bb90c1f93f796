-- Where the person is, for mail in their morning (IANA name), and the language of pages and letters to them.
ALTER TABLE preferences ADD COLUMN time_zone TEXT;
ALTER TABLE preferences ADD COLUMN language TEXT;
-- No edition before this instant; Unix seconds, UTC. Empty: not paused.
ALTER TABLE preferences ADD COLUMN paused_until BIGINT;
