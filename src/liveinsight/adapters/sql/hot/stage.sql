-- What does an export hold, as events? Ids that were left out are made again: the first of a visit
-- has the visit's, the others need only be different. Who went on after midnight is linked.
-- A visit is whole if what comes first of it here came first of all.
COPY (
  WITH told AS (
    SELECT *, file_row_number AS place, {day} AS day_number
    FROM {source}
  ), openers AS (
    SELECT
      visit,
      arg_min(
        struct_pack(place := place, visitor := visitor, event_id := event_id, type := type, day := day_number),
        (time_ms, place)
      ) AS first,
      min(view) FILTER (type = 'page_view') AS first_view
    FROM told
    GROUP BY visit
  )
  SELECT
    {given},
    told.day_number AS day,
    CASE
      WHEN told.event_id IS NOT NULL THEN told.event_id
      WHEN told.place = openers.first.place THEN told.visit
      ELSE hash(told.visit, told.place)
    END AS event_id,
    CASE WHEN told.visitor <> openers.first.visitor THEN openers.first.visitor END AS prior,
    CAST(NULL AS VARCHAR) AS aside,
    coalesce(openers.first.event_id, told.visit) AS visit,
    told.view,
    openers.first.day AS start_day,
    coalesce(openers.first.event_id, told.visit) = told.visit
      AND openers.first.type NOT IN {silent_types}
      AND coalesce(openers.first_view, 1) = 1 AS is_whole
  FROM told
  JOIN openers ON openers.visit = told.visit
  ORDER BY openers.first.day, told.visit, told.time_ms, told.place
) TO {path} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw)
