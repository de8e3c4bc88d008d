CREATE TABLE person (
  email TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE share (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  site TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER
) WITHOUT ROWID;

-- Who is let in now; it ends with the person or the share it came from.
CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  email TEXT REFERENCES person (email) ON DELETE CASCADE,
  share TEXT REFERENCES share (id) ON DELETE CASCADE,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
