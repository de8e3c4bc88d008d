-- What are the figures of each value that an event has?
INSERT INTO figures
WITH matched AS MATERIALIZED (
  SELECT
    day,
    {value} AS value,
    visit,
    visitor,
    count(*) FILTER (type = 'page_view') AS pageviews,
    count(*) FILTER (type NOT IN {silent_types}) AS events
  FROM {events}
  WHERE day {is_touched}
  GROUP BY ALL
), acts AS (
  SELECT
    day,
    value,
    count(DISTINCT visitor) AS visitors,
    sum(pageviews) AS pageviews,
    sum(events) AS events
  FROM matched
  GROUP BY day, value
), first_matches AS (
  SELECT value, visit, min(day) AS day
  FROM (
    SELECT value, visit, day
    FROM matched
    UNION ALL
    SELECT {value}, visit, day
    FROM {events}
    SEMI JOIN seen_visits USING (visit)
    WHERE day {is_before}
  )
  GROUP BY value, visit
), starts AS (
  SELECT
    first_matches.day,
    seen_visits.day AS start_day,
    first_matches.value,
    count(*) AS visits,
    count(*) FILTER (bounce) AS bounces,
    sum(end_ms - start_ms) AS duration_ms
  FROM first_matches
  JOIN seen_visits USING (visit)
  WHERE first_matches.day {is_touched}
  GROUP BY ALL
), told AS (
  SELECT
    day,
    value,
    sum(engaged_ms) AS engaged_ms,
    count(engaged_ms) AS engaged_views,
    sum(scroll_depth) AS scroll_sum,
    count(scroll_depth) AS scroll_views
  FROM (
    SELECT day, {value} AS value, visit, view, sum(engaged_ms) AS engaged_ms, max(scroll_depth) AS scroll_depth
    FROM {events}
    WHERE day {is_touched}
      AND view IS NOT NULL
      AND (engaged_ms IS NOT NULL OR scroll_depth IS NOT NULL)
    GROUP BY ALL
  )
  GROUP BY day, value
)
SELECT
  acts.day,
  acts.day,
  '{dimension}',
  acts.value,
  acts.visitors,
  acts.pageviews,
  acts.events,
  coalesce(starts.visits, 0),
  coalesce(starts.bounces, 0),
  coalesce(starts.duration_ms, 0),
  coalesce(told.engaged_ms, 0),
  coalesce(told.engaged_views, 0),
  coalesce(told.scroll_sum, 0),
  coalesce(told.scroll_views, 0)
FROM acts
LEFT JOIN starts
  ON starts.day = acts.day
  AND starts.start_day = acts.day
  AND starts.value IS NOT DISTINCT FROM acts.value
LEFT JOIN told ON told.day = acts.day AND told.value IS NOT DISTINCT FROM acts.value
UNION ALL
SELECT day, start_day, '{dimension}', value, 0, 0, 0, visits, bounces, duration_ms, 0, 0, 0, 0
FROM starts
WHERE start_day < day
