-- What does an export hold, as events? Ids that were left out are made again: the first of a visit
-- has the visit's, the others need only be different. Who went on after midnight is linked.
COPY (
  WITH told AS (
    SELECT *, row_number() OVER () AS place
    FROM {source}
  ), openers AS (
    SELECT
      visit,
      arg_min(place, (time_ms, place)) AS place,
      arg_min(visitor, (time_ms, place)) AS visitor
    FROM told
    GROUP BY visit
  )
  SELECT
    {given},
    CASE
      WHEN told.event_id IS NOT NULL THEN told.event_id
      WHEN told.place = openers.place THEN told.visit
      ELSE hash(told.visit, told.place)
    END AS event_id,
    CASE WHEN told.visitor <> openers.visitor THEN openers.visitor END AS prior,
    CAST(NULL AS VARCHAR) AS aside
  FROM told
  JOIN openers USING (visit)
) TO {path} (FORMAT parquet, COMPRESSION lz4_raw)
