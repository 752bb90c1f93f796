-- What is owed goes out in the order of the readers: rows that are handed out together were inserted
-- together, so a batch touches few pages. In the order of the ids, which are hashes, every row was a
-- page of its own.
-- Owner: src/delivery/store/.
DROP INDEX deliveries_owed;
CREATE INDEX deliveries_owed ON deliveries (edition_id, subscriber_id)
    WHERE status IN ('queued', 'deferred');
