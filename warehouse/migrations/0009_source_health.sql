-- What tells when a source is asked again, and how it fares.

ALTER TABLE store.source_state ADD COLUMN polled_url VARCHAR;
ALTER TABLE store.source_state ADD COLUMN distrusted BOOLEAN;
ALTER TABLE store.source_state ADD COLUMN read_at TIMESTAMPTZ;
ALTER TABLE store.source_state ADD COLUMN usual_seconds DOUBLE;
ALTER TABLE store.source_state ADD COLUMN fresh_seconds DOUBLE;
ALTER TABLE store.source_state ADD COLUMN newest_at TIMESTAMPTZ;
ALTER TABLE store.source_state ADD COLUMN moved_to VARCHAR;
ALTER TABLE store.source_state ADD COLUMN gone BOOLEAN;
ALTER TABLE store.source_state ADD COLUMN next_poll_at TIMESTAMPTZ;

CREATE VIEW source_health AS
SELECT source.id, name,
       CASE
           WHEN NOT enabled THEN 'off'
           WHEN polled_at IS NULL THEN 'never polled'
           WHEN gone THEN 'gone'
           WHEN outcome = 'blocked' THEN 'blocked'
           WHEN error_streak > 0 THEN 'failing'
           WHEN epoch(now()) - epoch(newest_at) > greatest(10 * usual_seconds, 259200) THEN 'silent'
           ELSE 'well'
       END AS state,
       polled_at, next_poll_at, last_success_at, last_new_at, newest_at, usual_seconds,
       error_streak, error, moved_to, coalesce(distrusted, FALSE) AS distrusted, first_polled_at
FROM store.source
LEFT JOIN store.source_state ON source_state.source_id = source.id;
COMMENT ON VIEW source_health IS 'How each configured source fares';
COMMENT ON COLUMN source_health.id IS 'Id of the source (see sources)';
COMMENT ON COLUMN source_health.name IS 'Its name';
COMMENT ON COLUMN source_health.state IS 'well; silent: it answers, and its newest item is ten times older than usual, three days at least; failing; blocked by a bot check; gone for good (410): not asked any more; never polled; off';
COMMENT ON COLUMN source_health.polled_at IS 'When it was asked last';
COMMENT ON COLUMN source_health.next_poll_at IS 'It is not asked before; NULL: at every cycle';
COMMENT ON COLUMN source_health.last_success_at IS 'When it last gave an answer that could be read, or said that nothing changed';
COMMENT ON COLUMN source_health.last_new_at IS 'When it last brought something that was not known';
COMMENT ON COLUMN source_health.newest_at IS 'The latest date among its items';
COMMENT ON COLUMN source_health.usual_seconds IS 'Usual time between two of its publications; NULL where too few are known';
COMMENT ON COLUMN source_health.error_streak IS 'Failures since the last success';
COMMENT ON COLUMN source_health.error IS 'What went wrong at the last poll';
COMMENT ON COLUMN source_health.moved_to IS 'Where it is asked, since it has moved for good';
COMMENT ON COLUMN source_health.distrusted IS 'It called changed answers unchanged: it is asked for all of its answer each time';
COMMENT ON COLUMN source_health.first_polled_at IS 'When it was read for the first time';
