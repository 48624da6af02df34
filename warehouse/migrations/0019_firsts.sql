-- Who was first, how late noroshi and its readers were, and what each source is worth.

CREATE OR REPLACE VIEW event_articles AS
SELECT event_article.event_id, event_article.article_id, event_article.joined_at,
       article.title, article.language AS lang, article.source_id AS source, article.url,
       article.origin, article.published_at, article.first_seen_at
FROM store.event_article
JOIN store.article ON article.id = event_article.article_id;
COMMENT ON VIEW event_articles IS 'Which articles report which event';
COMMENT ON COLUMN event_articles.event_id IS 'The event (see events)';
COMMENT ON COLUMN event_articles.article_id IS 'The article (see articles)';
COMMENT ON COLUMN event_articles.joined_at IS 'When it was found to report the event';
COMMENT ON COLUMN event_articles.title IS 'Headline of the article';
COMMENT ON COLUMN event_articles.lang IS 'Its language';
COMMENT ON COLUMN event_articles.source IS 'Id of its source (see sources); seed for a seed document';
COMMENT ON COLUMN event_articles.url IS 'Its canonical address';
COMMENT ON COLUMN event_articles.origin IS 'news or seed';
COMMENT ON COLUMN event_articles.published_at IS 'When it was published; NULL where nothing tells';
COMMENT ON COLUMN event_articles.first_seen_at IS 'When noroshi first stored it';

CREATE OR REPLACE VIEW event_outlets AS
SELECT event_article.event_id, article.source_id AS source,
       coalesce(any_value(source.name), any_value(article.site_name), article.source_id) AS outlet,
       count(*) AS articles, min(article.published_at) AS first_published_at,
       min_by(article.url, coalesce(article.published_at, article.first_seen_at)) AS first_url,
       row_number() OVER (
           PARTITION BY event_article.event_id
           ORDER BY count(*) DESC, min(article.published_at) NULLS LAST, article.source_id
       ) AS rank,
       row_number() OVER (
           PARTITION BY event_article.event_id
           ORDER BY min(coalesce(article.published_at, article.first_seen_at)), article.source_id
       ) AS turn,
       date_diff(
           'second',
           min(min(coalesce(article.published_at, article.first_seen_at))) OVER (
               PARTITION BY event_article.event_id
           ),
           min(coalesce(article.published_at, article.first_seen_at))
       ) AS seconds_behind,
       min(article.first_seen_at) AS first_seen_at
FROM store.event_article
JOIN store.article ON article.id = event_article.article_id AND article.origin = 'news'
LEFT JOIN store.source ON source.id = article.source_id
GROUP BY event_article.event_id, article.source_id;
COMMENT ON VIEW event_outlets IS 'Who reports each event, who the most, and who first';
COMMENT ON COLUMN event_outlets.event_id IS 'The event (see events)';
COMMENT ON COLUMN event_outlets.source IS 'Id of the source (see sources)';
COMMENT ON COLUMN event_outlets.outlet IS 'Its name';
COMMENT ON COLUMN event_outlets.articles IS 'How many of its articles report the event';
COMMENT ON COLUMN event_outlets.first_published_at IS 'When the earliest of them was published';
COMMENT ON COLUMN event_outlets.first_url IS 'Address of the earliest of them';
COMMENT ON COLUMN event_outlets.rank IS '1 for who has the most articles, among equals for who was first';
COMMENT ON COLUMN event_outlets.turn IS '1 for who published first (or else was first seen), 2 for the next';
COMMENT ON COLUMN event_outlets.seconds_behind IS 'How long after the first outlet';
COMMENT ON COLUMN event_outlets.first_seen_at IS 'When noroshi first stored one of its articles';

CREATE OR REPLACE VIEW alert_lag AS
SELECT delivery.alert_id, delivery.event_id, delivery.channel, article.source_id AS source,
       article.published_at, article.first_seen_at, alert.created_at AS alerted_at,
       delivery.sent_at,
       date_diff('second', article.published_at, article.first_seen_at) AS seconds_to_see,
       date_diff('second', article.first_seen_at, alert.created_at) AS seconds_to_alert,
       date_diff('second', alert.created_at, delivery.sent_at) AS seconds_to_send,
       date_diff('second', article.published_at, delivery.sent_at) AS seconds,
       alert.notice->>'category' AS category, alert.severity, coalesce(alert.kind, 'first') AS kind
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
COMMENT ON COLUMN alert_lag.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN alert_lag.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN alert_lag.kind IS 'first, or update: something new of what readers were told already';

CREATE VIEW event_lag AS
SELECT event.id, category, event.rule_id AS rule, direction, actor, target, level, severity,
       event.title, reported.articles, outlets, langs, first.source AS first_source,
       first.outlet AS first_outlet, first.url AS first_url, first_published_at,
       reported.first_seen_at, alerted_at, told_at,
       date_diff('second', first_published_at, reported.first_seen_at) AS seconds_to_see,
       date_diff('second', first_published_at, told_at) AS seconds_to_tell
FROM store.event
JOIN (
    SELECT event_article.event_id, count(*) AS articles,
           count(DISTINCT article.source_id) AS outlets,
           list(DISTINCT article.language ORDER BY article.language) AS langs,
           min_by(
               {
                   'source': article.source_id,
                   'outlet': coalesce(source.name, article.site_name, article.source_id),
                   'url': article.url
               },
               ROW(coalesce(published_at, first_seen_at), article.source_id, article.id)
           ) AS first,
           min(published_at) AS first_published_at, min(first_seen_at) AS first_seen_at
    FROM store.event_article
    JOIN store.article ON article.id = event_article.article_id AND article.origin = 'news'
    LEFT JOIN store.source ON source.id = article.source_id
    GROUP BY event_article.event_id
) AS reported ON reported.event_id = event.id
LEFT JOIN (
    SELECT alert.event_id, min(alert.created_at) AS alerted_at, min(delivery.sent_at) AS told_at
    FROM store.alert
    LEFT JOIN store.delivery ON delivery.alert_id = alert.id AND delivery.state = 'sent'
    GROUP BY alert.event_id
) AS told ON told.event_id = event.id;
COMMENT ON VIEW event_lag IS 'Each event of the news: who had it first, when noroshi saw it, when readers were first told';
COMMENT ON COLUMN event_lag.id IS 'Identity (see events)';
COMMENT ON COLUMN event_lag.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN event_lag.rule IS 'The keyword rule that keeps this event apart; NULL for a coded event';
COMMENT ON COLUMN event_lag.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN event_lag.actor IS 'Party that acts: HK, JP or CN';
COMMENT ON COLUMN event_lag.target IS 'Party acted upon';
COMMENT ON COLUMN event_lag.level IS 'Official level where there is one';
COMMENT ON COLUMN event_lag.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN event_lag.title IS 'Headline of the first article that reported it';
COMMENT ON COLUMN event_lag.articles IS 'How many articles of the news report it so far';
COMMENT ON COLUMN event_lag.outlets IS 'How many sources they came from';
COMMENT ON COLUMN event_lag.langs IS 'Their languages';
COMMENT ON COLUMN event_lag.first_source IS 'Id of the source that published it first, or else was first seen (see sources)';
COMMENT ON COLUMN event_lag.first_outlet IS 'Its name';
COMMENT ON COLUMN event_lag.first_url IS 'Address of that article';
COMMENT ON COLUMN event_lag.first_published_at IS 'Earliest publication; NULL where nothing tells';
COMMENT ON COLUMN event_lag.first_seen_at IS 'When noroshi first stored an article on it';
COMMENT ON COLUMN event_lag.alerted_at IS 'When the first alert on it was written; NULL: none';
COMMENT ON COLUMN event_lag.told_at IS 'When a service first accepted one; NULL: nobody was told';
COMMENT ON COLUMN event_lag.seconds_to_see IS 'From the earliest publication to the first sight';
COMMENT ON COLUMN event_lag.seconds_to_tell IS 'From the earliest publication to the first reader';

CREATE VIEW source_yield AS
SELECT source.id, source.name, source.language AS lang, source.enabled,
       coalesce(articles, 0) AS articles, coalesce(recent, 0) AS articles_30_days,
       coalesce(relevant, 0) AS relevant, coalesce(events, 0) AS events,
       coalesce(firsts, 0) AS firsts, coalesce(alerts, 0) AS alerts, last_article_at
FROM store.source
LEFT JOIN (
    SELECT source_id, count(*) AS articles, max(first_seen_at) AS last_article_at,
           count(*) FILTER (first_seen_at > now() - INTERVAL 30 DAY) AS recent
    FROM store.article
    WHERE origin = 'news'
    GROUP BY source_id
) AS brought ON brought.source_id = source.id
LEFT JOIN (
    SELECT source_id, count(DISTINCT article.id) AS relevant
    FROM store.article
    JOIN store.coding ON coding.article_id = article.id
        AND coding.version_id = article.version_id AND coding.relevant
    WHERE origin = 'news'
    GROUP BY source_id
) AS coded ON coded.source_id = source.id
LEFT JOIN (
    SELECT source, count(*) AS events, count(*) FILTER (turn = 1) AS firsts
    FROM event_outlets
    GROUP BY source
) AS reported ON reported.source = source.id
LEFT JOIN (
    SELECT source_id, count(*) AS alerts
    FROM store.alert
    JOIN store.article ON article.id = alert.article_id
    GROUP BY source_id
) AS told ON told.source_id = source.id;
COMMENT ON VIEW source_yield IS 'What each configured source brought: articles, events, and who was first with them';
COMMENT ON COLUMN source_yield.id IS 'Identity: the id of the settings (see sources)';
COMMENT ON COLUMN source_yield.name IS 'Name of the outlet';
COMMENT ON COLUMN source_yield.lang IS 'Language, where the source has one';
COMMENT ON COLUMN source_yield.enabled IS 'Whether it is polled';
COMMENT ON COLUMN source_yield.articles IS 'Articles that it brought first';
COMMENT ON COLUMN source_yield.articles_30_days IS 'Those of the last thirty days, by the first sight';
COMMENT ON COLUMN source_yield.relevant IS 'Those that are about relations of Hong Kong, Japan and mainland China';
COMMENT ON COLUMN source_yield.events IS 'Events that its articles report';
COMMENT ON COLUMN source_yield.firsts IS 'Events that it published before all others';
COMMENT ON COLUMN source_yield.alerts IS 'Alerts for which an article of it speaks';
COMMENT ON COLUMN source_yield.last_article_at IS 'When its newest article was first stored';
