-- Why an event was told to a channel with its latest reports, or was not.

CREATE TABLE store.decision (
    event_id    VARCHAR,
    decided_at  TIMESTAMPTZ,
    channel     VARCHAR,
    outcome     VARCHAR,
    alert_id    VARCHAR
);

CREATE VIEW decisions AS
SELECT event_id, decided_at, channel, outcome, alert_id
FROM store.decision;
COMMENT ON VIEW decisions IS 'Why an event was told to a channel with the reports that came in, or was not';
COMMENT ON COLUMN decisions.event_id IS 'The event (see events)';
COMMENT ON COLUMN decisions.decided_at IS 'When: its reports of that cycle have the same joined_at';
COMMENT ON COLUMN decisions.channel IS 'Name of the channel; NULL: what goes for all of them';
COMMENT ON COLUMN decisions.outcome IS 'told; nothing new (it was told there already); unwanted (new, and no realert of a rule asks for it); old news; backlog, backfill, seed or reread (such reports tell nobody); muted; no channel';
COMMENT ON COLUMN decisions.alert_id IS 'The alert that was made (see alerts; deliveries says what became of it)';

COMMENT ON COLUMN deliveries.held IS 'Why it waits until due_at or was put together with others: quiet (hours) or cap (an hour); mute: why it is skipped';
