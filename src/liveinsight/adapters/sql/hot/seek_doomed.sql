-- What is to be forgotten? It stands in for itself while all within its reach is taken out.
CREATE OR REPLACE TABLE work AS
SELECT
  '{site}' AS site,
  {kept_columns},
  CAST(NULL AS VARCHAR) AS aside,
  0 AS turn
FROM {events} AS kept
WHERE {is_doomed};

-- And what of it was set aside?
DELETE FROM taken_aside;

INSERT INTO taken_aside
SELECT '{site}', event_id
FROM {asides} AS kept
WHERE {is_doomed};

INSERT INTO replaced_aside
SELECT site, event_id, $epoch
FROM taken_aside;

INSERT INTO masked_aside
SELECT site, event_id
FROM taken_aside;

CREATE OR REPLACE TEMP TABLE emptied AS
SELECT DISTINCT day
FROM work
UNION
SELECT DISTINCT day
FROM {asides} AS kept
WHERE {is_doomed};
