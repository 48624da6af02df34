-- Alerts that go on with a story; messages about no event; the health of channels; mutes.

ALTER TABLE store.event ADD COLUMN thread_id VARCHAR;

ALTER TABLE store.alert ADD COLUMN kind VARCHAR;
ALTER TABLE store.alert ADD COLUMN thread_id VARCHAR;
ALTER TABLE store.alert ADD COLUMN facts JSON;
ALTER TABLE store.alert ADD COLUMN rules VARCHAR[];
ALTER TABLE store.alert ADD COLUMN official BOOLEAN;
ALTER TABLE store.alert ADD COLUMN acked_at TIMESTAMPTZ;

ALTER TABLE store.delivery ADD COLUMN bulletin_id VARCHAR;
ALTER TABLE store.delivery ADD COLUMN bundle_id VARCHAR;
ALTER TABLE store.delivery ADD COLUMN held VARCHAR;
ALTER TABLE store.delivery ADD COLUMN revived_at TIMESTAMPTZ;

CREATE TABLE store.bulletin (
    id          VARCHAR,
    kind        VARCHAR,
    channel     VARCHAR,
    message     JSON,
    created_at  TIMESTAMPTZ
);

CREATE TABLE store.channel_state (
    channel        VARCHAR,
    failures       INTEGER,
    failing_since  TIMESTAMPTZ,
    retry_at       TIMESTAMPTZ,
    error          VARCHAR,
    told_at        TIMESTAMPTZ
);

CREATE TABLE store.mute (
    kind        VARCHAR,
    key         VARCHAR,
    until       TIMESTAMPTZ,
    created_at  TIMESTAMPTZ
);

CREATE OR REPLACE VIEW alerts AS
SELECT id, event_id, rule_id AS rule, article_id, severity,
       notice->>'category' AS category, notice->>'direction' AS direction,
       notice->>'headline' AS headline, notice->>'url' AS url, created_at,
       coalesce(kind, 'first') AS kind, coalesce(thread_id, id) AS thread_id,
       coalesce(facts, '[]'::JSON) AS facts, coalesce(rules, [rule_id]) AS rules, acked_at
FROM store.alert;
COMMENT ON VIEW alerts IS 'What readers were to be told: one row an event, and one more for each new fact';
COMMENT ON COLUMN alerts.id IS 'Identity; an alert that exists keeps its words';
COMMENT ON COLUMN alerts.event_id IS 'The event (see events)';
COMMENT ON COLUMN alerts.rule IS 'The first rule that led to it';
COMMENT ON COLUMN alerts.article_id IS 'The article that speaks for the event';
COMMENT ON COLUMN alerts.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN alerts.category IS 'One of the eleven categories; NULL for an event of a keyword rule';
COMMENT ON COLUMN alerts.direction IS 'escalation, easing or neutral for the relation';
COMMENT ON COLUMN alerts.headline IS 'Headline of that article';
COMMENT ON COLUMN alerts.url IS 'Address of that article';
COMMENT ON COLUMN alerts.created_at IS 'When it was written';
COMMENT ON COLUMN alerts.kind IS 'first, or update: something new of what readers were told already';
COMMENT ON COLUMN alerts.thread_id IS 'The first alert of the story; its own id where it begins one';
COMMENT ON COLUMN alerts.facts IS 'What is new in an update: development, before, after';
COMMENT ON COLUMN alerts.rules IS 'Every rule that led to it';
COMMENT ON COLUMN alerts.acked_at IS 'When somebody said that they have seen to it (noroshi alerts ack)';

CREATE OR REPLACE VIEW deliveries AS
SELECT id, alert_id, event_id, channel, state, attempts, due_at, created_at, sent_at, error,
       bulletin_id, bundle_id, held
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
COMMENT ON COLUMN deliveries.sent_at IS 'When the service accepted it';
COMMENT ON COLUMN deliveries.error IS 'Why the last attempt failed, or why it was skipped';
COMMENT ON COLUMN deliveries.bulletin_id IS 'What it tells where that is no alert (see bulletins)';
COMMENT ON COLUMN deliveries.bundle_id IS 'The message that told it together with others; NULL for one of its own';
COMMENT ON COLUMN deliveries.held IS 'Why it was put together with others: quiet (hours) or cap (an hour)';

CREATE VIEW bulletins AS
SELECT id, kind, channel, message->>'subject' AS subject, created_at
FROM store.bulletin;
COMMENT ON VIEW bulletins IS 'Messages that are about no event: digests, and what only the operator can mend';
COMMENT ON COLUMN bulletins.id IS 'Identity, the same to every channel';
COMMENT ON COLUMN bulletins.kind IS 'digest or operator';
COMMENT ON COLUMN bulletins.channel IS 'Name of the channel';
COMMENT ON COLUMN bulletins.subject IS 'Its subject line';
COMMENT ON COLUMN bulletins.created_at IS 'When it was written';

CREATE VIEW channel_health AS
SELECT channel, failures, failing_since, retry_at, error, told_at
FROM store.channel_state;
COMMENT ON VIEW channel_health IS 'How each channel does that was ever tried';
COMMENT ON COLUMN channel_health.channel IS 'Name of the channel';
COMMENT ON COLUMN channel_health.failures IS 'Failures since it last took a message; 0: it works';
COMMENT ON COLUMN channel_health.failing_since IS 'The first of them';
COMMENT ON COLUMN channel_health.retry_at IS 'It is left alone until then';
COMMENT ON COLUMN channel_health.error IS 'Why it failed last';
COMMENT ON COLUMN channel_health.told_at IS 'When operators were told that it is down';

CREATE VIEW mutes AS
SELECT kind, key, until, created_at
FROM store.mute;
COMMENT ON VIEW mutes IS 'What makes no alerts for a while (noroshi alerts mute)';
COMMENT ON COLUMN mutes.kind IS 'event (with all of its story) or rule';
COMMENT ON COLUMN mutes.key IS 'Id of the event that began the story, or of the rule';
COMMENT ON COLUMN mutes.until IS 'Alerts are made again from then on';
COMMENT ON COLUMN mutes.created_at IS 'When it was muted';
