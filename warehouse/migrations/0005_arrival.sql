-- How an article came: only what is new is told.

ALTER TABLE store.article ADD COLUMN arrival VARCHAR;
ALTER TABLE store.former_version ADD COLUMN arrival VARCHAR;
ALTER TABLE store.source_state ADD COLUMN first_polled_at TIMESTAMPTZ;

UPDATE store.article SET arrival = 'new';
UPDATE store.former_version SET arrival = 'new';
UPDATE store.source_state SET first_polled_at = last_success_at;

CREATE OR REPLACE VIEW articles AS
SELECT id, url, title, text, language AS lang, origin, source_id AS source,
       published_at, fetched_at, first_seen_at, published_source, author, site_name, abstract,
       topics, text_from, warnings, version_no AS version, image,
       CASE WHEN origin = 'news' THEN arrival END AS arrival
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
COMMENT ON COLUMN articles.published_source IS 'How the date was decided: feed, metadata, url, text, catalogue';
COMMENT ON COLUMN articles.author IS 'Byline, where the page names one';
COMMENT ON COLUMN articles.site_name IS 'Name of the publication, where the page names one';
COMMENT ON COLUMN articles.abstract IS 'The feed''s summary, or the catalogue''s abstract of a seed document';
COMMENT ON COLUMN articles.topics IS 'Categories that the seed catalogue names';
COMMENT ON COLUMN articles.text_from IS 'What the text was read from: page, feed, file, catalogue';
COMMENT ON COLUMN articles.warnings IS 'What was doubtful when it was read';
COMMENT ON COLUMN articles.version IS '1 for the first content seen, one more for each change';
COMMENT ON COLUMN articles.image IS 'Address of the leading picture';
COMMENT ON COLUMN articles.arrival IS 'How it came: new; backlog (older than its source was known); backfill (looked for in an archive). Only what is new alerts. NULL for a seed document';
