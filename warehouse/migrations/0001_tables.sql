-- What the pipeline keeps. People read the views of 0002, not these tables.
-- No keys, sequences or indexes: identities are derived from content and every write is an
-- anti-join inside one transaction, so that the same SQL serves any catalogue DuckDB can attach.
CREATE TABLE store.source (
    id           VARCHAR,
    url          VARCHAR,
    name         VARCHAR,
    kind         VARCHAR,
    language     VARCHAR,
    timezone     VARCHAR,
    full_text    BOOLEAN,
    tags         VARCHAR[],
    enabled      BOOLEAN,
    reason       VARCHAR
);

CREATE TABLE store.source_state (
    source_id        VARCHAR,
    etag             VARCHAR,
    last_modified    VARCHAR,
    body_hash        VARCHAR,
    polled_at        TIMESTAMPTZ,
    outcome          VARCHAR,
    error            VARCHAR,
    error_streak     INTEGER,
    last_success_at  TIMESTAMPTZ,
    last_new_at      TIMESTAMPTZ
);

CREATE TABLE store.fetch (
    run_id      VARCHAR,
    source_id   VARCHAR,
    url         VARCHAR,
    purpose     VARCHAR,
    outcome     VARCHAR,
    status      INTEGER,
    error       VARCHAR,
    seconds     DOUBLE,
    fetched_at  TIMESTAMPTZ
);

CREATE TABLE store.article (
    id                VARCHAR,
    version_id        VARCHAR,
    version_no        INTEGER,
    url               VARCHAR,
    title             VARCHAR,
    text              VARCHAR,
    folded            VARCHAR,
    language          VARCHAR,
    origin            VARCHAR,
    source_id         VARCHAR,
    published_at      TIMESTAMPTZ,
    published_source  VARCHAR,
    first_seen_at     TIMESTAMPTZ,
    fetched_at        TIMESTAMPTZ,
    author            VARCHAR,
    site_name         VARCHAR,
    image             VARCHAR,
    abstract          VARCHAR,
    topics            VARCHAR[],
    warnings          VARCHAR[],
    text_from         VARCHAR,
    retry_page        BOOLEAN,
    page_attempts     INTEGER
);

-- Contents that an article had before its present one.
CREATE TABLE store.former_version AS FROM store.article;

-- Article versions that wait to be coded and matched. Written with the article, emptied with
-- its matches: a crash in between leaves the row, and the next cycle takes it up.
CREATE TABLE store.uncoded (
    article_id  VARCHAR,
    version_id  VARCHAR
);

CREATE TABLE store.coding (
    article_id  VARCHAR,
    version_id  VARCHAR,
    relevant    BOOLEAN,
    relevance   DOUBLE,
    parties     VARCHAR[],
    reasons     VARCHAR[],
    coded_at    TIMESTAMPTZ
);

CREATE TABLE store.coded_event (
    article_id  VARCHAR,
    version_id  VARCHAR,
    category    VARCHAR,
    direction   VARCHAR,
    severity    VARCHAR,
    status      VARCHAR,
    actor       VARCHAR,
    target      VARCHAR,
    level       VARCHAR,
    evidence    JSON
);

CREATE TABLE store.match (
    id            VARCHAR,
    article_id    VARCHAR,
    version_id    VARCHAR,
    rule_id       VARCHAR,
    rule_version  VARCHAR,
    category      VARCHAR,
    direction     VARCHAR,
    severity      VARCHAR,
    actor         VARCHAR,
    target        VARCHAR,
    level         VARCHAR,
    evidence      JSON,
    event_id      VARCHAR,
    matched_at    TIMESTAMPTZ
);

CREATE TABLE store.event (
    id             VARCHAR,
    category       VARCHAR,
    rule_id        VARCHAR,
    direction      VARCHAR,
    actor          VARCHAR,
    target         VARCHAR,
    level          VARCHAR,
    severity       VARCHAR,
    title          VARCHAR,
    first_seen_at  TIMESTAMPTZ,
    last_seen_at   TIMESTAMPTZ
);

CREATE TABLE store.event_article (
    event_id    VARCHAR,
    article_id  VARCHAR,
    joined_at   TIMESTAMPTZ
);

CREATE TABLE store.alert (
    id          VARCHAR,
    event_id    VARCHAR,
    rule_id     VARCHAR,
    article_id  VARCHAR,
    severity    VARCHAR,
    notice      JSON,
    created_at  TIMESTAMPTZ
);

CREATE TABLE store.delivery (
    id          VARCHAR,
    alert_id    VARCHAR,
    event_id    VARCHAR,
    channel     VARCHAR,
    state       VARCHAR,
    attempts    INTEGER,
    due_at      TIMESTAMPTZ,
    created_at  TIMESTAMPTZ,
    sent_at     TIMESTAMPTZ,
    error       VARCHAR
);

CREATE TABLE store.run (
    id          VARCHAR,
    kind        VARCHAR,
    started_at  TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    outcome     VARCHAR,
    polled      INTEGER,
    failed      INTEGER,
    entries     INTEGER,
    pages       INTEGER,
    articles    INTEGER,
    matches     INTEGER,
    alerts      INTEGER,
    deliveries  INTEGER,
    errors      INTEGER
);
