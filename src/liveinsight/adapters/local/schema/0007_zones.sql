-- In which time zone a file's days are told; empty where that was not noted yet.
ALTER TABLE lake_file ADD COLUMN zone TEXT NOT NULL DEFAULT '';
-- Figures of a finished month could lack visits over a midnight: all are made anew.
UPDATE lake_file SET format = 1 WHERE relation = 'rollup';
