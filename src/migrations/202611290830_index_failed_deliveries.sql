-- What a relay refused is read once more by the stage that judges bounces: a handful of a million rows.
-- Owner: src/delivery/store.rs.
CREATE INDEX deliveries_failed ON deliveries (edition_id) WHERE status IN ('refused', 'expired');
