-- What was forgotten of late, so that a running server takes it out of its live view too. Rows
-- are messages: they go within the hour.
CREATE TABLE forgotten (
  n INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  visitor TEXT,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
);
