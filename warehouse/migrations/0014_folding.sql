-- How `folded` was made: where folding has changed since, it is made anew, and not searched by.
ALTER TABLE store.article ADD COLUMN folding VARCHAR;
ALTER TABLE store.former_version ADD COLUMN folding VARCHAR;
