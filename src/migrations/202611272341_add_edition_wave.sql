-- An edition in two waves. Owner: src/edition/store.rs.

-- When every recipient of the first wave had its row in the ledger; empty where all get it at once.
ALTER TABLE editions ADD COLUMN first_wave_at BIGINT;
