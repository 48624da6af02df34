-- Which process is sending a message from a warehouse that several machines share: where that is gone,
-- another need not wait for its lease to end.

ALTER TABLE store.delivery ADD COLUMN sender VARCHAR;
