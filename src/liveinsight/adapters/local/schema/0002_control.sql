CREATE TABLE site (
  id TEXT PRIMARY KEY,
  settings TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  site TEXT,
  label TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  last_used_ms INTEGER
) WITHOUT ROWID;

-- Secrets of the installation, made when first needed.
CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- What makes visitor ids of a local day; gone for good after the day and the next.
CREATE TABLE salt (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  value BLOB NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (site, day)
) WITHOUT ROWID;
