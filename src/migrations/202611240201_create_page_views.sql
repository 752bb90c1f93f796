-- Page views counted outside: by an analytics program or a web server. Owner: src/ranking/store.rs.
CREATE TABLE page_views (
    article_id TEXT NOT NULL,
    -- Days since 1970-01-01, in UTC.
    day BIGINT NOT NULL,
    -- Who counted: "csv", or "log" and the machine the log is from.
    origin TEXT NOT NULL,
    views BIGINT NOT NULL,
    PRIMARY KEY (article_id, day, origin)
);

CREATE INDEX page_views_day ON page_views (day);
