-- Seed documents take part in events: tell them from the news.

CREATE OR REPLACE VIEW events AS
SELECT event.id, category, event.rule_id AS rule, direction, actor, target, level, severity, title,
       event.first_seen_at, event.last_seen_at,
       (SELECT count(*) FROM store.event_article WHERE event_id = event.id) AS articles,
       object,
       (
           SELECT count(*)
           FROM store.event_article
           JOIN store.article ON article.id = event_article.article_id
           WHERE event_article.event_id = event.id AND origin = 'news'
       ) AS news
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
COMMENT ON COLUMN events.articles IS 'How many articles speak of it so far, seed documents among them';
COMMENT ON COLUMN events.object IS 'What tells it from another of its kind: a programme, product, vessel, person';
COMMENT ON COLUMN events.news IS 'How many of its articles are news';

COMMENT ON COLUMN articles.published_at IS 'When it was published, noon UTC where a catalogue knows the day only; NULL where nothing tells';
COMMENT ON COLUMN articles.url IS 'Canonical address; seed:… for a seed document without one';
