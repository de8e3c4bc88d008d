-- What are the figures of each hour of the site's wall clock?
INSERT INTO figures
WITH events AS (
  SELECT
    day,
    {hour} AS hour_ms,
    visitor,
    visit,
    view,
    type,
    engaged_ms,
    scroll_depth
  FROM {events}
  WHERE day {is_touched}
), acts AS (
  SELECT
    day,
    hour_ms,
    count(DISTINCT visitor) AS visitors,
    count(*) FILTER (type = 'page_view') AS pageviews,
    count(*) FILTER (type NOT IN {silent_types}) AS events
  FROM events
  GROUP BY day, hour_ms
), starts AS (
  SELECT
    day,
    {start_hour} AS hour_ms,
    count(*) AS visits,
    count(*) FILTER (bounce) AS bounces,
    sum(end_ms - start_ms) AS duration_ms
  FROM seen_visits
  WHERE day {is_touched}
  GROUP BY 1, 2
), told AS (
  SELECT
    day,
    hour_ms,
    sum(engaged_ms) AS engaged_ms,
    count(engaged_ms) AS engaged_views,
    sum(scroll_depth) AS scroll_sum,
    count(scroll_depth) AS scroll_views
  FROM (
    SELECT day, hour_ms, visit, view, sum(engaged_ms) AS engaged_ms, max(scroll_depth) AS scroll_depth
    FROM events
    WHERE view IS NOT NULL AND (engaged_ms IS NOT NULL OR scroll_depth IS NOT NULL)
    GROUP BY ALL
  )
  GROUP BY day, hour_ms
)
SELECT
  acts.day,
  acts.day,
  'time:hour',
  CAST(acts.hour_ms AS VARCHAR),
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
LEFT JOIN starts USING (day, hour_ms)
LEFT JOIN told USING (day, hour_ms)
