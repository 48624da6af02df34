-- Who speaks in an article, and the levels that official documents say are in force.

ALTER TABLE store.article ADD COLUMN kind VARCHAR;
ALTER TABLE store.former_version ADD COLUMN kind VARCHAR;
UPDATE store.article SET kind = 'report';
UPDATE store.former_version SET kind = 'report';

-- Replaced source by source with what remembers its poll.
CREATE TABLE store.standing (
    source_id      VARCHAR,
    key            VARCHAR,
    place          VARCHAR,
    level          VARCHAR,
    rank           INTEGER,
    words          VARCHAR,
    updated_at     TIMESTAMPTZ,
    revision       INTEGER,
    since          TIMESTAMPTZ,
    lapsing_since  TIMESTAMPTZ
);

CREATE OR REPLACE VIEW articles AS
SELECT id, url, title, text, language AS lang, origin, source_id AS source,
       published_at, fetched_at, first_seen_at, published_source, author, site_name, abstract,
       topics, text_from, warnings, version_no AS version, image,
       CASE WHEN origin = 'news' THEN arrival END AS arrival,
       CASE WHEN origin = 'news' THEN kind END AS kind
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

CREATE VIEW official_levels AS
SELECT source_id AS source, place, level, rank, words, updated_at, since,
       lapsing_since IS NOT NULL AS doubtful
FROM store.standing
WHERE rank > 0;
COMMENT ON VIEW official_levels IS 'The levels that official documents say are in force, as of their latest poll';
COMMENT ON COLUMN official_levels.source IS 'Id of the source whose document says so (see sources)';
COMMENT ON COLUMN official_levels.place IS 'The place in the document''s own words, an area of a country in brackets after it';
COMMENT ON COLUMN official_levels.level IS 'amber, red or black for Hong Kong; level-1 to level-4 for Japan (the gravest anywhere in the country)';
COMMENT ON COLUMN official_levels.rank IS 'The level as a number, 1 for the mildest of its document';
COMMENT ON COLUMN official_levels.words IS 'What the document says beside the level';
COMMENT ON COLUMN official_levels.updated_at IS 'When it was last changed, by the document''s word';
COMMENT ON COLUMN official_levels.since IS 'When noroshi first saw this level';
COMMENT ON COLUMN official_levels.doubtful IS 'Whether the latest document lacks or lifts it and is not believed yet';
