-- Article sources: who had an article, and how it was worded there first. Owner: src/articles/store.rs.
CREATE TABLE article_sources (
    article TEXT NOT NULL REFERENCES articles (id),
    -- Name of the source.
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    PRIMARY KEY (article, source)
);

INSERT INTO article_sources (article, source, url, title, first_seen_at)
SELECT id, source, url, title, first_seen_at FROM articles WHERE 1 = 1;
