-- Owner: src/delivery/store.rs

-- Which of the edition's subjects the copy has: 0 the editor's, then the alternatives.
ALTER TABLE deliveries ADD COLUMN subject BIGINT NOT NULL DEFAULT 0;
