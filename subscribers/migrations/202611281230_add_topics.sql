-- The topics the person wants stories of: empty for all, else names between single line ends, one before the
-- first and one after the last.
ALTER TABLE preferences ADD COLUMN topics TEXT NOT NULL DEFAULT '';
