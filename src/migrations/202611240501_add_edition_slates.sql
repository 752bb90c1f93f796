-- Which stories stand in which readers' copies.
-- Owner: src/edition/store.rs.

-- JSON: the lists of the edition's groups of readers; '' where everybody gets its own copy.
ALTER TABLE editions ADD COLUMN slates TEXT NOT NULL DEFAULT '';
-- 1: stands in the edition's own copy; 0: only in the copies of some groups.
ALTER TABLE edition_entries ADD COLUMN own BIGINT NOT NULL DEFAULT 1;
