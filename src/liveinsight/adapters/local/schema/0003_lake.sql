-- The lake's manifest: which files count. A folder's listing may show more.
CREATE TABLE lake_file (
  name TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  relation TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  rows INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  digest TEXT NOT NULL
) WITHOUT ROWID;

-- Grows with every change of the lake; it is in the names of the files that came with it.
INSERT INTO meta VALUES ('lake_generation', 0);

-- Files that were replaced and may still be read by a question that began before.
CREATE TABLE gone_file (
  name TEXT PRIMARY KEY,
  generation INTEGER NOT NULL
) WITHOUT ROWID;

-- How often something was not kept, by the day on which it came, as far as it is sealed.
CREATE TABLE dropped (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  reason TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (site, day, reason)
) WITHOUT ROWID;

-- Sites that were erased: their events in commit groups up to this one are not read any more.
CREATE TABLE erased_site (
  site TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) WITHOUT ROWID;

-- How far an import came, told in the transaction that published what it brought.
CREATE TABLE import_progress (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  events INTEGER NOT NULL
) WITHOUT ROWID;
