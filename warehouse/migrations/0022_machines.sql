-- Which of the machines that share a warehouse a run was made on, and which channels it serves: a
-- message of a channel that no machine has any more is given up.

ALTER TABLE store.run ADD COLUMN machine VARCHAR;
ALTER TABLE store.run ADD COLUMN channels VARCHAR[];

CREATE OR REPLACE VIEW runs AS
SELECT id, kind, started_at, ended_at, outcome, polled, failed, entries, pages, articles,
       matches, alerts, deliveries, errors, machine, channels
FROM store.run;
COMMENT ON VIEW runs IS 'Every cycle and what it brought';
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
COMMENT ON COLUMN runs.machine IS 'Host and data folder, where several machines share the warehouse; NULL in one file';
COMMENT ON COLUMN runs.channels IS 'Names of the channels that are on in the settings of that machine';

COMMENT ON COLUMN silences.key IS 'Id of the source, tag of the language; the machine of a cycle or disk, where several share the warehouse; the kind again for the others';
