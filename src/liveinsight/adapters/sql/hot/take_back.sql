-- What was set aside, for this reason, on these days? It is judged as if it had just come.
CREATE OR REPLACE TABLE work AS
SELECT
  '{site}' AS site,
  {kept_columns},
  CAST(NULL AS VARCHAR) AS aside,
  0 AS turn
FROM {rows} AS kept
WHERE kept.reason = $reason;

DELETE FROM taken_aside;

INSERT INTO taken_aside
SELECT site, event_id
FROM work;

INSERT INTO replaced_aside
SELECT site, event_id, $epoch
FROM taken_aside;

INSERT INTO masked_aside
SELECT site, event_id
FROM taken_aside;

DELETE FROM hot_aside
USING taken_aside
WHERE taken_aside.site = hot_aside.site AND taken_aside.event_id = hot_aside.event_id;
