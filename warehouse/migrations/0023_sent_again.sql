-- What was sent stays sent: a message that is sent again keeps when it was first accepted.

ALTER TABLE store.delivery ADD COLUMN last_sent_at TIMESTAMPTZ;
UPDATE store.delivery SET last_sent_at = sent_at WHERE sent_at IS NOT NULL;

CREATE OR REPLACE VIEW deliveries AS
SELECT id, alert_id, event_id, channel, state, attempts, due_at, created_at, sent_at, error,
       bulletin_id, bundle_id, held, last_sent_at
FROM store.delivery;
COMMENT ON VIEW deliveries IS 'One row an alert or bulletin and channel: the outbox';
COMMENT ON COLUMN deliveries.id IS 'Identity: the same for a message that is sent again';
COMMENT ON COLUMN deliveries.alert_id IS 'What it tells (see alerts); NULL for a bulletin';
COMMENT ON COLUMN deliveries.event_id IS 'The event; NULL for a bulletin';
COMMENT ON COLUMN deliveries.channel IS 'Name of the channel';
COMMENT ON COLUMN deliveries.state IS 'pending, sending, sent, failed (to be tried again), dead (given up) or skipped (on purpose)';
COMMENT ON COLUMN deliveries.attempts IS 'How often it was tried';
COMMENT ON COLUMN deliveries.due_at IS 'Not before this time';
COMMENT ON COLUMN deliveries.created_at IS 'When it was written';
COMMENT ON COLUMN deliveries.sent_at IS 'When the service first accepted it; stays where it is sent again';
COMMENT ON COLUMN deliveries.error IS 'Why the last attempt failed, or why it was skipped';
COMMENT ON COLUMN deliveries.bulletin_id IS 'What it tells where that is no alert (see bulletins)';
COMMENT ON COLUMN deliveries.bundle_id IS 'The message that told it together with others; NULL for one of its own';
COMMENT ON COLUMN deliveries.held IS 'Why it waits until due_at or was put together with others: quiet (hours) or cap (an hour); mute: why it is skipped';
COMMENT ON COLUMN deliveries.last_sent_at IS 'When it last did';

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
WHERE delivery.sent_at IS NOT NULL;
COMMENT ON VIEW alert_lag IS 'How long each alert took from publication to its reader';
COMMENT ON COLUMN alert_lag.alert_id IS 'The alert (see alerts)';
COMMENT ON COLUMN alert_lag.event_id IS 'The event it tells of (see events)';
COMMENT ON COLUMN alert_lag.channel IS 'Where it went';
COMMENT ON COLUMN alert_lag.source IS 'Source of the article that speaks for the event';
COMMENT ON COLUMN alert_lag.published_at IS 'When that article was published; NULL where nothing tells';
COMMENT ON COLUMN alert_lag.first_seen_at IS 'When noroshi first stored it';
COMMENT ON COLUMN alert_lag.alerted_at IS 'When the alert was written';
COMMENT ON COLUMN alert_lag.sent_at IS 'When the service first accepted it';
COMMENT ON COLUMN alert_lag.seconds_to_see IS 'From publication to the first sight';
COMMENT ON COLUMN alert_lag.seconds_to_alert IS 'From the first sight to the alert';
COMMENT ON COLUMN alert_lag.seconds_to_send IS 'From the alert to the acceptance';
COMMENT ON COLUMN alert_lag.seconds IS 'From publication to the acceptance; NULL where the first is not known';
COMMENT ON COLUMN alert_lag.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN alert_lag.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN alert_lag.kind IS 'first, or update: something new of what readers were told already';

CREATE OR REPLACE VIEW event_lag AS
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
    LEFT JOIN store.delivery ON delivery.alert_id = alert.id
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
