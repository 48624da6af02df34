-- The pages that articles were read from, the looks that are still to come, and what they change.

ALTER TABLE store.article ADD COLUMN section VARCHAR;
ALTER TABLE store.article ADD COLUMN paywalled BOOLEAN;
ALTER TABLE store.article ADD COLUMN feed_title VARCHAR;
ALTER TABLE store.article ADD COLUMN feed_published_at TIMESTAMPTZ;
ALTER TABLE store.article ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE store.article ADD COLUMN changed VARCHAR;

ALTER TABLE store.former_version ADD COLUMN section VARCHAR;
ALTER TABLE store.former_version ADD COLUMN paywalled BOOLEAN;
ALTER TABLE store.former_version ADD COLUMN feed_title VARCHAR;
ALTER TABLE store.former_version ADD COLUMN feed_published_at TIMESTAMPTZ;
ALTER TABLE store.former_version ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE store.former_version ADD COLUMN changed VARCHAR;

-- A version that is matched and told to nobody: better text of an answer that is kept.
ALTER TABLE store.uncoded ADD COLUMN quiet BOOLEAN;

CREATE TABLE store.article_page (
    article_id     VARCHAR,
    part           INTEGER,
    url            VARCHAR,
    final_url      VARCHAR,
    content_type   VARCHAR,
    etag           VARCHAR,
    last_modified  VARCHAR,
    body_hash      VARCHAR,
    fetched_at     TIMESTAMPTZ,
    read_at        TIMESTAMPTZ,
    warc_file      VARCHAR,
    warc_offset    BIGINT,
    warc_id        VARCHAR
);

-- Emptied when the last look is made: a few days' articles.
CREATE TABLE store.revisit (
    article_id  VARCHAR,
    first_at    TIMESTAMPTZ,
    due_at      TIMESTAMPTZ,
    looks       INTEGER,
    gone_since  TIMESTAMPTZ
);

CREATE VIEW pages AS
SELECT article_id, part, url, final_url, content_type, fetched_at, warc_file, warc_offset, warc_id
FROM store.article_page;
COMMENT ON VIEW pages IS 'Every answer that an article was read from, and the WARC record that keeps it';
COMMENT ON COLUMN pages.article_id IS 'The article (see articles)';
COMMENT ON COLUMN pages.part IS '1 for its first page, 2 for the next of an article on several pages';
COMMENT ON COLUMN pages.url IS 'Address that was asked for';
COMMENT ON COLUMN pages.final_url IS 'Address that answered, after redirects';
COMMENT ON COLUMN pages.content_type IS 'Content-Type of the answer';
COMMENT ON COLUMN pages.fetched_at IS 'When it came';
COMMENT ON COLUMN pages.warc_file IS 'Name of the file in the folder warc; NULL where the answer was not kept, or no longer is';
COMMENT ON COLUMN pages.warc_offset IS 'Where in that file its record begins, in bytes';
COMMENT ON COLUMN pages.warc_id IS 'WARC-Record-ID';

CREATE OR REPLACE VIEW article_versions AS
SELECT id AS article_id, version_no AS version, title, text, language AS lang, fetched_at,
       TRUE AS current, changed
FROM store.article
UNION ALL
SELECT id, version_no, title, text, language, fetched_at, FALSE, changed
FROM store.former_version;
COMMENT ON VIEW article_versions IS 'Every content an article has had';
COMMENT ON COLUMN article_versions.article_id IS 'The article (see articles)';
COMMENT ON COLUMN article_versions.version IS '1 for the first content seen, one more for each change';
COMMENT ON COLUMN article_versions.title IS 'Headline of this version';
COMMENT ON COLUMN article_versions.text IS 'Plain text of this version';
COMMENT ON COLUMN article_versions.lang IS 'BCP 47: en, ja, zh-Hant, zh-Hans, another code, or und';
COMMENT ON COLUMN article_versions.fetched_at IS 'When this version was read';
COMMENT ON COLUMN article_versions.current IS 'Whether it is the present one';
COMMENT ON COLUMN article_versions.changed IS 'What differs from the version before, in short; NULL for the first';

CREATE OR REPLACE VIEW articles AS
SELECT id, url, title, text, language AS lang, origin, source_id AS source,
       published_at, fetched_at, first_seen_at, published_source, author, site_name, abstract,
       topics, text_from, warnings, version_no AS version, image,
       CASE WHEN origin = 'news' THEN arrival END AS arrival,
       CASE WHEN origin = 'news' THEN kind END AS kind,
       section, coalesce(paywalled, FALSE) AS paywalled, withdrawn_at
FROM store.article;
COMMENT ON VIEW articles IS 'Every article and seed document in its present version';
COMMENT ON COLUMN articles.id IS 'Identity, derived from the canonical address (news) or the text (seed documents)';
COMMENT ON COLUMN articles.url IS 'Canonical address; seed:… for a seed document without one';
COMMENT ON COLUMN articles.title IS 'Headline in its own language';
COMMENT ON COLUMN articles.text IS 'Plain text of the article';
COMMENT ON COLUMN articles.lang IS 'BCP 47: en, ja, zh-Hant, zh-Hans, another code, or und';
COMMENT ON COLUMN articles.origin IS 'news or seed';
COMMENT ON COLUMN articles.source IS 'Id of the source that brought it first (see sources)';
COMMENT ON COLUMN articles.published_at IS 'When it was published, noon UTC where a catalogue knows the day only; NULL where nothing tells';
COMMENT ON COLUMN articles.fetched_at IS 'When this version was read';
COMMENT ON COLUMN articles.first_seen_at IS 'When noroshi first stored it';
COMMENT ON COLUMN articles.published_source IS 'How the date was decided: feed, metadata, url, text, catalogue; seen: when an aggregator saw it';
COMMENT ON COLUMN articles.author IS 'Byline, where the page names one';
COMMENT ON COLUMN articles.site_name IS 'Name of the publication, where the page names one';
COMMENT ON COLUMN articles.abstract IS 'The feed''s summary, or the catalogue''s abstract of a seed document';
COMMENT ON COLUMN articles.topics IS 'Categories that the seed catalogue names';
COMMENT ON COLUMN articles.text_from IS 'What the text was read from: page, feed, document (an official one of what is in force), file, catalogue';
COMMENT ON COLUMN articles.warnings IS 'What was doubtful when it was read';
COMMENT ON COLUMN articles.version IS '1 for the first content seen, one more for each change';
COMMENT ON COLUMN articles.image IS 'Address of the leading picture';
COMMENT ON COLUMN articles.arrival IS 'How it came: new; backlog (older than its source was known); backfill (looked for in an archive). Only what is new alerts. NULL for a seed document';
COMMENT ON COLUMN articles.kind IS 'Who speaks: report, or official (an authority in its own matter). NULL for a seed document';
COMMENT ON COLUMN articles.section IS 'Part of the publication that it stands in, as the page names it';
COMMENT ON COLUMN articles.paywalled IS 'Whether the page keeps the rest of its text for those who pay or log in';
COMMENT ON COLUMN articles.withdrawn_at IS 'When the page was found gone (404 or 410), where a second look said so too';
