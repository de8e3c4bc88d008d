-- In which time zone a file's days are told; empty where that was not noted yet.
ALTER TABLE lake_file ADD COLUMN zone TEXT NOT NULL DEFAULT '';
