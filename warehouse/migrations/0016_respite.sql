-- Hosts that asked for patience (Retry-After), kept from one cycle to the next.

CREATE TABLE store.respite (
    host   VARCHAR,
    until  TIMESTAMPTZ
);
