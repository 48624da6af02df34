-- Articles that were taken away as past their time: their sources may list them still.

CREATE TABLE store.removed (
    article_id     VARCHAR,
    url            VARCHAR,
    source_id      VARCHAR,
    first_seen_at  TIMESTAMPTZ,
    removed_at     TIMESTAMPTZ
);

CREATE VIEW removed_articles AS
SELECT article_id, url, source_id AS source, first_seen_at, removed_at
FROM store.removed;
COMMENT ON VIEW removed_articles IS 'Articles that the upkeep took away as past their time ([keep] in the settings)';
COMMENT ON COLUMN removed_articles.article_id IS 'Identity that it had in articles';
COMMENT ON COLUMN removed_articles.url IS 'Its canonical address';
COMMENT ON COLUMN removed_articles.source IS 'Id of the source that brought it first (see sources)';
COMMENT ON COLUMN removed_articles.first_seen_at IS 'When noroshi first stored it';
COMMENT ON COLUMN removed_articles.removed_at IS 'When it was taken away';
