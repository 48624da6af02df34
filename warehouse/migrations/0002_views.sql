-- What people query: stable names, described column by column. A later migration may add
-- columns at the end; it never renames, reorders or removes one.

CREATE VIEW articles AS
SELECT id, url, title, text, language AS lang, origin, source_id AS source,
       published_at, fetched_at, first_seen_at, published_source, author, site_name, abstract,
       topics, text_from, warnings, version_no AS version, image
FROM store.article;
COMMENT ON VIEW articles IS 'Every article and seed document in its present version';
COMMENT ON COLUMN articles.id IS 'Identity, derived from the canonical address (news) or the text (seed documents)';
COMMENT ON COLUMN articles.url IS 'Canonical address; seed:… for a seed document';
COMMENT ON COLUMN articles.title IS 'Headline in its own language';
COMMENT ON COLUMN articles.text IS 'Plain text of the article';
COMMENT ON COLUMN articles.lang IS 'BCP 47: en, ja, zh-Hant, zh-Hans, another code, or und';
COMMENT ON COLUMN articles.origin IS 'news or seed';
COMMENT ON COLUMN articles.source IS 'Id of the source that brought it first (see sources)';
COMMENT ON COLUMN articles.published_at IS 'When it was published; NULL where nothing tells';
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

CREATE VIEW article_versions AS
SELECT id AS article_id, version_no AS version, title, text, language AS lang, fetched_at, TRUE AS current
FROM store.article
UNION ALL
SELECT id, version_no, title, text, language, fetched_at, FALSE
FROM store.former_version;
COMMENT ON VIEW article_versions IS 'Every content an article has had';

CREATE VIEW seed_documents AS
SELECT id, title, site_name AS publisher, published_at, language AS lang, topics, abstract,
       text_from = 'file' AS text_supplied, text
FROM store.article
WHERE origin = 'seed';
COMMENT ON VIEW seed_documents IS 'The seed documents and the catalogue records kept beside the news';

CREATE VIEW codings AS
SELECT article_id, category, direction, severity, status, actor, target, level, evidence
FROM store.coded_event
SEMI JOIN store.article ON coded_event.version_id = article.version_id;
COMMENT ON VIEW codings IS 'What the coder found in each article: one row an event it speaks of';

CREATE VIEW matches AS
SELECT id, article_id, rule_id AS rule, category, direction, severity, actor, target, level,
       event_id, evidence, matched_at
FROM store.match;
COMMENT ON VIEW matches IS 'Which rule matched which article, and the words that led there';

CREATE VIEW events AS
SELECT event.id, category, event.rule_id AS rule, direction, actor, target, level, severity, title,
       event.first_seen_at, event.last_seen_at,
       (SELECT count(*) FROM store.event_article WHERE event_id = event.id) AS articles
FROM store.event;
COMMENT ON VIEW events IS 'Events: what happened, however many articles report it';
COMMENT ON COLUMN events.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN events.rule IS 'The keyword rule that keeps this event apart; NULL for a coded event';
COMMENT ON COLUMN events.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN events.actor IS 'Party that acts: HK, JP or CN';
COMMENT ON COLUMN events.target IS 'Party acted upon';
COMMENT ON COLUMN events.level IS 'Official level where there is one';
COMMENT ON COLUMN events.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN events.title IS 'Headline of the first article that reported it';
COMMENT ON COLUMN events.first_seen_at IS 'Earliest publication among its articles';
COMMENT ON COLUMN events.last_seen_at IS 'Latest publication among its articles';
COMMENT ON COLUMN events.articles IS 'How many articles report it so far';

CREATE VIEW event_articles AS
SELECT event_article.event_id, event_article.article_id, event_article.joined_at,
       article.title, article.language AS lang, article.source_id AS source, article.url
FROM store.event_article
JOIN store.article ON article.id = event_article.article_id;
COMMENT ON VIEW event_articles IS 'Which articles report which event';

CREATE VIEW alerts AS
SELECT id, event_id, rule_id AS rule, article_id, severity,
       notice->>'category' AS category, notice->>'direction' AS direction,
       notice->>'headline' AS headline, notice->>'url' AS url, created_at
FROM store.alert;
COMMENT ON VIEW alerts IS 'One row an event that readers were to be told of';

CREATE VIEW deliveries AS
SELECT id, alert_id, event_id, channel, state, attempts, due_at, created_at, sent_at, error
FROM store.delivery;
COMMENT ON VIEW deliveries IS 'One row an event and channel: the outbox';
COMMENT ON COLUMN deliveries.state IS 'pending, sending, sent, failed (to be tried again) or dead';
COMMENT ON COLUMN deliveries.attempts IS 'How often it was tried';
COMMENT ON COLUMN deliveries.due_at IS 'Not before this time';
COMMENT ON COLUMN deliveries.error IS 'Why the last attempt failed';

CREATE VIEW sources AS
SELECT source.id, name, url, kind, language AS lang, tags, enabled, reason,
       polled_at, outcome, error, error_streak, last_success_at, last_new_at
FROM store.source
LEFT JOIN store.source_state ON source_state.source_id = source.id;
COMMENT ON VIEW sources IS 'The configured sources and their health at the last poll';

CREATE VIEW fetches AS
SELECT run_id, source_id AS source, url, purpose, outcome, status, error, seconds, fetched_at
FROM store.fetch;
COMMENT ON VIEW fetches IS 'Every request for a feed or page, kept for 30 days';

CREATE VIEW runs AS
SELECT id, kind, started_at, ended_at, outcome, polled, failed, entries, pages, articles,
       matches, alerts, deliveries, errors
FROM store.run;
COMMENT ON VIEW runs IS 'Every cycle and what it brought';
