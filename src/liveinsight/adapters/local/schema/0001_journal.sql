-- What is known of the whole: marks and counters.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- Up to which commit group all is sealed; groups at or under it are ignored and removed later.
INSERT INTO meta VALUES ('sealed_seq', 0);

-- Grows with every decision of a person, so that a running server sees what the CLI did.
INSERT INTO meta VALUES ('control_version', 0);

-- Events that are kept and not sealed, one row a commit group. The number is ours:
-- SQLite's own would start again when the table was emptied.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  n INTEGER NOT NULL,
  body BLOB NOT NULL
);
