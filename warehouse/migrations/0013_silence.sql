-- What operators were told is silent, until it is heard again.

CREATE TABLE store.silence (
    kind     VARCHAR,
    key      VARCHAR,
    since    TIMESTAMPTZ,
    detail   VARCHAR,
    told_at  TIMESTAMPTZ
);

CREATE VIEW silences AS
SELECT kind, key, since, detail, told_at
FROM store.silence;
COMMENT ON VIEW silences IS 'What ought to have been heard of and was not, as operators were told';
COMMENT ON COLUMN silences.kind IS 'source, language (all of its sources), cycle (none completed), digest (not written) or disk (nearly full)';
COMMENT ON COLUMN silences.key IS 'Id of the source, tag of the language; the kind again for the others';
COMMENT ON COLUMN silences.since IS 'When it was last heard of';
COMMENT ON COLUMN silences.detail IS 'The error of a source that fails; megabytes that are free on the disk';
COMMENT ON COLUMN silences.told_at IS 'When operators were told';
