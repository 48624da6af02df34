-- The first 64 bits of version_id: eight bytes of each article to look at, where an id is twenty
-- characters. A row without one is found all the same, only later (warehouse/collecting/key.py).

ALTER TABLE store.article ADD COLUMN key UBIGINT;
ALTER TABLE store.former_version ADD COLUMN key UBIGINT;
UPDATE store.article SET key = TRY_CAST('0x' || left(version_id, 16) AS UBIGINT);
