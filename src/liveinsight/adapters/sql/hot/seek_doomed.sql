-- What is meant? It stands in for itself while all within its reach is taken out.
CREATE OR REPLACE TABLE work AS
SELECT
  '{site}' AS site,
  {kept_columns},
  CAST(NULL AS VARCHAR) AS aside,
  0 AS turn
FROM {events} AS kept
WHERE {is_doomed};

CREATE OR REPLACE TEMP TABLE emptied AS
SELECT DISTINCT day
FROM work;
