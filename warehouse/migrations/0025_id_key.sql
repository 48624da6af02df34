-- The first 32 bits of id: four bytes of each article to look at, where an id is twenty characters.
-- A row without them is found all the same, only later (warehouse/collecting/key.py).

ALTER TABLE store.article ADD COLUMN id_key UINTEGER;
ALTER TABLE store.former_version ADD COLUMN id_key UINTEGER;
UPDATE store.article SET id_key = TRY_CAST('0x' || left(id, 8) AS UINTEGER);
