-- What tells an event from another of its kind: a programme, product, vessel, person.

ALTER TABLE store.coded_event ADD COLUMN object VARCHAR;
ALTER TABLE store.event ADD COLUMN object VARCHAR;

CREATE OR REPLACE VIEW codings AS
SELECT article_id, category, direction, severity, status, actor, target, level, evidence, object
FROM store.coded_event
SEMI JOIN store.article ON coded_event.version_id = article.version_id;
COMMENT ON VIEW codings IS 'What the coder found in each article: one row an event it speaks of';
COMMENT ON COLUMN codings.object IS 'What tells it from another of its kind: a programme, product, vessel, person';

CREATE OR REPLACE VIEW events AS
SELECT event.id, category, event.rule_id AS rule, direction, actor, target, level, severity, title,
       event.first_seen_at, event.last_seen_at,
       (SELECT count(*) FROM store.event_article WHERE event_id = event.id) AS articles,
       object
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
COMMENT ON COLUMN events.object IS 'What tells it from another of its kind: a programme, product, vessel, person';
