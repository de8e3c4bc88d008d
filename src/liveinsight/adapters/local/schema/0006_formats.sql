-- Which form a file has: figures of an older one are made anew.
ALTER TABLE lake_file ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
