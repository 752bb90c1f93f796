-- Several things happen in a second: which came first. Owner: src/desk/store.rs.
ALTER TABLE desk_log ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
