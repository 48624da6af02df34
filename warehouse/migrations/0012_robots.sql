-- What hosts let programs fetch, kept from one cycle to the next.

CREATE TABLE store.robots (
    server         VARCHAR,
    found          VARCHAR,
    asked_at       TIMESTAMPTZ,
    text           VARCHAR,
    failing_since  TIMESTAMPTZ
);
