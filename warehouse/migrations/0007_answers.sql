-- Ready answers, and a comment on every column of every view.
-- Days are those of the reader's time zone (SET TimeZone).

COMMENT ON COLUMN article_versions.article_id IS 'The article (see articles)';
COMMENT ON COLUMN article_versions.version IS '1 for the first content seen, one more for each change';
COMMENT ON COLUMN article_versions.title IS 'Headline of this version';
COMMENT ON COLUMN article_versions.text IS 'Plain text of this version';
COMMENT ON COLUMN article_versions.lang IS 'BCP 47: en, ja, zh-Hant, zh-Hans, another code, or und';
COMMENT ON COLUMN article_versions.fetched_at IS 'When this version was read';
COMMENT ON COLUMN article_versions.current IS 'Whether it is the present one';

CREATE VIEW daily_counts AS
SELECT coalesce(article.published_at, article.first_seen_at)::DATE AS day, category, direction,
       CASE WHEN actor <> target THEN least(actor, target) || '-' || greatest(actor, target) END
           AS pair,
       article.language AS lang, count(DISTINCT article.id) AS articles
FROM store.coded_event
JOIN store.article ON article.id = coded_event.article_id
    AND article.version_id = coded_event.version_id
WHERE status = 'reported' AND article.origin = 'news'
GROUP BY ALL;
COMMENT ON VIEW daily_counts IS 'Articles of the news that report something, by day, category, direction, pair and language';
COMMENT ON COLUMN daily_counts.day IS 'Day of publication, or else of the first sight, in the reader''s time zone';
COMMENT ON COLUMN daily_counts.category IS 'One of the eleven categories';
COMMENT ON COLUMN daily_counts.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN daily_counts.pair IS 'The two parties in alphabetical order, CN-JP say; NULL where one is not known';
COMMENT ON COLUMN daily_counts.lang IS 'Language of the articles';
COMMENT ON COLUMN daily_counts.articles IS 'How many articles; one that reports two things counts for each';

CREATE VIEW event_outlets AS
SELECT event_article.event_id, article.source_id AS source,
       coalesce(any_value(source.name), any_value(article.site_name), article.source_id) AS outlet,
       count(*) AS articles, min(article.published_at) AS first_published_at,
       min_by(article.url, coalesce(article.published_at, article.first_seen_at)) AS first_url,
       row_number() OVER (
           PARTITION BY event_article.event_id
           ORDER BY count(*) DESC, min(article.published_at) NULLS LAST, article.source_id
       ) AS rank
FROM store.event_article
JOIN store.article ON article.id = event_article.article_id AND article.origin = 'news'
LEFT JOIN store.source ON source.id = article.source_id
GROUP BY event_article.event_id, article.source_id;
COMMENT ON VIEW event_outlets IS 'Who reports each event, and who the most';
COMMENT ON COLUMN event_outlets.event_id IS 'The event (see events)';
COMMENT ON COLUMN event_outlets.source IS 'Id of the source (see sources)';
COMMENT ON COLUMN event_outlets.outlet IS 'Its name';
COMMENT ON COLUMN event_outlets.articles IS 'How many of its articles report the event';
COMMENT ON COLUMN event_outlets.first_published_at IS 'When the earliest of them was published';
COMMENT ON COLUMN event_outlets.first_url IS 'Address of the earliest of them';
COMMENT ON COLUMN event_outlets.rank IS '1 for who has the most articles, among equals for who was first';

CREATE VIEW new_events AS
SELECT event.id, category, direction, actor, target, level, severity, event.title,
       event.first_seen_at, count(*) AS articles, count(DISTINCT article.source_id) AS outlets,
       list(DISTINCT article.language ORDER BY article.language) AS langs
FROM store.event
JOIN store.event_article ON event_article.event_id = event.id
JOIN store.article ON article.id = event_article.article_id AND article.origin = 'news'
WHERE event.first_seen_at > now() - INTERVAL 7 DAY
GROUP BY ALL;
COMMENT ON VIEW new_events IS 'Events that the news first reported within the last seven days';
COMMENT ON COLUMN new_events.id IS 'Identity (see events)';
COMMENT ON COLUMN new_events.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN new_events.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN new_events.actor IS 'Party that acts: HK, JP or CN';
COMMENT ON COLUMN new_events.target IS 'Party acted upon';
COMMENT ON COLUMN new_events.level IS 'Official level where there is one';
COMMENT ON COLUMN new_events.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN new_events.title IS 'Headline of the first article that reported it';
COMMENT ON COLUMN new_events.first_seen_at IS 'Earliest publication among its articles';
COMMENT ON COLUMN new_events.articles IS 'How many articles of the news report it so far';
COMMENT ON COLUMN new_events.outlets IS 'How many sources they came from';
COMMENT ON COLUMN new_events.langs IS 'Their languages';

CREATE VIEW alert_lag AS
SELECT delivery.alert_id, delivery.event_id, delivery.channel, article.source_id AS source,
       article.published_at, article.first_seen_at, alert.created_at AS alerted_at,
       delivery.sent_at,
       date_diff('second', article.published_at, article.first_seen_at) AS seconds_to_see,
       date_diff('second', article.first_seen_at, alert.created_at) AS seconds_to_alert,
       date_diff('second', alert.created_at, delivery.sent_at) AS seconds_to_send,
       date_diff('second', article.published_at, delivery.sent_at) AS seconds
FROM store.delivery
JOIN store.alert ON alert.id = delivery.alert_id
JOIN store.article ON article.id = alert.article_id
WHERE delivery.state = 'sent';
COMMENT ON VIEW alert_lag IS 'How long each alert took from publication to its reader';
COMMENT ON COLUMN alert_lag.alert_id IS 'The alert (see alerts)';
COMMENT ON COLUMN alert_lag.event_id IS 'The event it tells of (see events)';
COMMENT ON COLUMN alert_lag.channel IS 'Where it went';
COMMENT ON COLUMN alert_lag.source IS 'Source of the article that speaks for the event';
COMMENT ON COLUMN alert_lag.published_at IS 'When that article was published; NULL where nothing tells';
COMMENT ON COLUMN alert_lag.first_seen_at IS 'When noroshi first stored it';
COMMENT ON COLUMN alert_lag.alerted_at IS 'When the alert was written';
COMMENT ON COLUMN alert_lag.sent_at IS 'When the service accepted it';
COMMENT ON COLUMN alert_lag.seconds_to_see IS 'From publication to the first sight';
COMMENT ON COLUMN alert_lag.seconds_to_alert IS 'From the first sight to the alert';
COMMENT ON COLUMN alert_lag.seconds_to_send IS 'From the alert to the acceptance';
COMMENT ON COLUMN alert_lag.seconds IS 'From publication to the acceptance; NULL where the first is not known';

COMMENT ON COLUMN seed_documents.id IS 'Identity, derived from the text (see articles)';
COMMENT ON COLUMN seed_documents.title IS 'Title in its own language';
COMMENT ON COLUMN seed_documents.publisher IS 'Who published it';
COMMENT ON COLUMN seed_documents.published_at IS 'When, noon UTC where the day alone is known; NULL where nothing tells';
COMMENT ON COLUMN seed_documents.lang IS 'BCP 47: en, ja, zh-Hant, zh-Hans, another code, or und';
COMMENT ON COLUMN seed_documents.topics IS 'Categories that the catalogue names, foremost first';
COMMENT ON COLUMN seed_documents.abstract IS 'Two sentences of the catalogue';
COMMENT ON COLUMN seed_documents.text_supplied IS 'Whether the text itself was loaded (noroshi seed)';
COMMENT ON COLUMN seed_documents.text IS 'The text, or the abstract where it was not loaded';

COMMENT ON COLUMN codings.article_id IS 'The article (see articles)';
COMMENT ON COLUMN codings.category IS 'One of the eleven categories';
COMMENT ON COLUMN codings.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN codings.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN codings.status IS 'reported, denied, considered or background';
COMMENT ON COLUMN codings.actor IS 'Party that acts: HK, JP or CN';
COMMENT ON COLUMN codings.target IS 'Party acted upon';
COMMENT ON COLUMN codings.level IS 'Official level where there is one';
COMMENT ON COLUMN codings.evidence IS 'The words that say so: field, start, end (in characters), term';

COMMENT ON COLUMN matches.id IS 'Identity, derived from article, version, rule and event';
COMMENT ON COLUMN matches.article_id IS 'The article (see articles)';
COMMENT ON COLUMN matches.rule IS 'Id of the rule';
COMMENT ON COLUMN matches.category IS 'What happened, for a rule with a category';
COMMENT ON COLUMN matches.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN matches.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN matches.actor IS 'Party that acts: HK, JP or CN';
COMMENT ON COLUMN matches.target IS 'Party acted upon';
COMMENT ON COLUMN matches.level IS 'Official level where there is one';
COMMENT ON COLUMN matches.event_id IS 'The event it belongs to (see events)';
COMMENT ON COLUMN matches.evidence IS 'The words that led there: field, start, end (in characters), term';
COMMENT ON COLUMN matches.matched_at IS 'When it was found';

COMMENT ON COLUMN events.id IS 'Identity; it stays when further articles join';

COMMENT ON COLUMN event_articles.event_id IS 'The event (see events)';
COMMENT ON COLUMN event_articles.article_id IS 'The article (see articles)';
COMMENT ON COLUMN event_articles.joined_at IS 'When it was found to report the event';
COMMENT ON COLUMN event_articles.title IS 'Headline of the article';
COMMENT ON COLUMN event_articles.lang IS 'Its language';
COMMENT ON COLUMN event_articles.source IS 'Id of its source (see sources); seed for a seed document';
COMMENT ON COLUMN event_articles.url IS 'Its canonical address';

COMMENT ON COLUMN alerts.id IS 'Identity';
COMMENT ON COLUMN alerts.event_id IS 'The event it tells of (see events)';
COMMENT ON COLUMN alerts.rule IS 'Id of the rule that fired';
COMMENT ON COLUMN alerts.article_id IS 'The article that speaks for the event';
COMMENT ON COLUMN alerts.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN alerts.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN alerts.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN alerts.headline IS 'Headline of the article that speaks for the event';
COMMENT ON COLUMN alerts.url IS 'Its address';
COMMENT ON COLUMN alerts.created_at IS 'When it was written';

COMMENT ON COLUMN deliveries.id IS 'Identity, derived from alert and channel';
COMMENT ON COLUMN deliveries.alert_id IS 'What is told (see alerts)';
COMMENT ON COLUMN deliveries.event_id IS 'The event it is about (see events)';
COMMENT ON COLUMN deliveries.channel IS 'Name of the channel';
COMMENT ON COLUMN deliveries.created_at IS 'When it was written';
COMMENT ON COLUMN deliveries.sent_at IS 'When the service accepted it';

COMMENT ON COLUMN sources.id IS 'Identity: the id of the settings';
COMMENT ON COLUMN sources.name IS 'Name of the outlet';
COMMENT ON COLUMN sources.url IS 'What is polled';
COMMENT ON COLUMN sources.kind IS 'feed, sitemap, html-list, json or gdelt';
COMMENT ON COLUMN sources.lang IS 'Language, where the source has one';
COMMENT ON COLUMN sources.tags IS 'Words to group sources by';
COMMENT ON COLUMN sources.enabled IS 'Whether it is polled';
COMMENT ON COLUMN sources.reason IS 'Why it is not';
COMMENT ON COLUMN sources.polled_at IS 'When it was polled last';
COMMENT ON COLUMN sources.outcome IS 'What that brought: new, unchanged or failed';
COMMENT ON COLUMN sources.error IS 'Why it failed';
COMMENT ON COLUMN sources.error_streak IS 'How many polls failed since the last that did not';
COMMENT ON COLUMN sources.last_success_at IS 'When a poll last succeeded';
COMMENT ON COLUMN sources.last_new_at IS 'When a poll last brought something new';

COMMENT ON COLUMN fetches.run_id IS 'The cycle (see runs)';
COMMENT ON COLUMN fetches.source IS 'Id of the source it was for (see sources)';
COMMENT ON COLUMN fetches.url IS 'What was asked for';
COMMENT ON COLUMN fetches.purpose IS 'feed or page';
COMMENT ON COLUMN fetches.outcome IS 'What became of it';
COMMENT ON COLUMN fetches.status IS 'Status of the HTTP answer, where it is kept';
COMMENT ON COLUMN fetches.error IS 'What was wrong or doubtful';
COMMENT ON COLUMN fetches.seconds IS 'How long it took';
COMMENT ON COLUMN fetches.fetched_at IS 'When it was done';

COMMENT ON COLUMN runs.id IS 'Identity: the moment it began and a random end';
COMMENT ON COLUMN runs.kind IS 'watch for a cycle';
COMMENT ON COLUMN runs.started_at IS 'When it began';
COMMENT ON COLUMN runs.ended_at IS 'When it ended; NULL where it still runs or was cut off';
COMMENT ON COLUMN runs.outcome IS 'running, completed, partial (something failed) or failed (every source did)';
COMMENT ON COLUMN runs.polled IS 'Sources that were asked';
COMMENT ON COLUMN runs.failed IS 'Sources that gave no usable answer';
COMMENT ON COLUMN runs.entries IS 'Entries that the sources named';
COMMENT ON COLUMN runs.pages IS 'Pages that were read';
COMMENT ON COLUMN runs.articles IS 'Articles that were new';
COMMENT ON COLUMN runs.matches IS 'Matches of news with rules';
COMMENT ON COLUMN runs.alerts IS 'Alerts that were written';
COMMENT ON COLUMN runs.deliveries IS 'Messages that were accepted';
COMMENT ON COLUMN runs.errors IS 'Problems that were told';
