-- Which of the machines that share a warehouse has configured a source; NULL in one file.

ALTER TABLE store.source ADD COLUMN machine VARCHAR;
