-- Which articles tell the same story. Owner: src/articles/store.rs.

-- Id of the article that was first to tell the story; its own for one that nobody repeats.
ALTER TABLE articles ADD COLUMN cluster TEXT;
-- When its cluster was last decided; none for what is new or has changed since.
ALTER TABLE articles ADD COLUMN compared_at BIGINT;
-- When the editor said that it is a story of its own.
ALTER TABLE articles ADD COLUMN apart_at BIGINT;
-- Id of the article on another site that its page names as the original, if it names one.
ALTER TABLE articles ADD COLUMN origin TEXT;

-- What was there before stays as it was: each its own story.
UPDATE articles SET cluster = id, compared_at = updated_at;

CREATE INDEX articles_cluster ON articles (cluster);
CREATE INDEX articles_compared_at ON articles (compared_at);
