-- One text at several outlets is one text with several appearances.

-- In the order of storing, which is that of publication but for backlogs: row groups that lie
-- outside the days asked for are passed over.
CREATE TABLE store.fingerprint (
    article_id    VARCHAR,
    published_at  TIMESTAMPTZ,
    band          INTEGER,
    value         BIGINT
);

CREATE TABLE store.same_text (
    one    VARCHAR,
    other  VARCHAR
);

CREATE TABLE store.appearance (
    article_id  VARCHAR,
    text_id     VARCHAR
);

CREATE VIEW appearances AS
SELECT coalesce(appearance.text_id, article.id) AS text_id, article.id AS article_id,
       article.source_id AS source, article.site_name, article.url, article.title,
       article.language AS lang, article.published_at, article.first_seen_at,
       row_number() OVER (
           PARTITION BY coalesce(appearance.text_id, article.id)
           ORDER BY coalesce(article.published_at, article.first_seen_at), article.id
       ) AS rank,
       count(*) OVER (PARTITION BY coalesce(appearance.text_id, article.id)) AS appearances
FROM store.article
LEFT JOIN store.appearance ON appearance.article_id = article.id
WHERE article.origin = 'news';
COMMENT ON VIEW appearances IS 'Where each text appeared: the same agency report at several outlets is one text';
COMMENT ON COLUMN appearances.text_id IS 'The text: id of the article in which it appeared first';
COMMENT ON COLUMN appearances.article_id IS 'The article (see articles)';
COMMENT ON COLUMN appearances.source IS 'Id of its source (see sources)';
COMMENT ON COLUMN appearances.site_name IS 'Name of the publication, where the page names one';
COMMENT ON COLUMN appearances.url IS 'Its canonical address';
COMMENT ON COLUMN appearances.title IS 'Headline there';
COMMENT ON COLUMN appearances.lang IS 'Its language';
COMMENT ON COLUMN appearances.published_at IS 'When it was published there; NULL where nothing tells';
COMMENT ON COLUMN appearances.first_seen_at IS 'When noroshi first stored it';
COMMENT ON COLUMN appearances.rank IS '1 for where it appeared first';
COMMENT ON COLUMN appearances.appearances IS 'At how many addresses the text appeared so far';
