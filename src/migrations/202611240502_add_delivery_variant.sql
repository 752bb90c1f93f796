-- Which copy of the edition this reader gets.
-- Owner: src/delivery/store.rs.

-- The edition's list: 0 its own copy, 1 newest first, from 2 the groups.
ALTER TABLE deliveries ADD COLUMN slate BIGINT NOT NULL DEFAULT 0;
-- Links of the stories left out because this reader had them, with spaces between.
ALTER TABLE deliveries ADD COLUMN skipped TEXT NOT NULL DEFAULT '';
