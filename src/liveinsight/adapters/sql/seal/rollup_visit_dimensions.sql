-- What are the figures of each value that a visit has as a whole? Some dimensions in one pass.
INSERT INTO figures
WITH acts AS (
  SELECT
    shares.day,
    {dimension} AS dimension,
    {value} AS value,
    count(DISTINCT shares.visitor) AS visitors,
    sum(shares.pageviews) AS pageviews,
    sum(shares.events) AS events,
    sum(shares.engaged_ms) AS engaged_ms,
    sum(shares.engaged_views) AS engaged_views,
    sum(shares.scroll_sum) AS scroll_sum,
    sum(shares.scroll_views) AS scroll_views
  FROM shares
  JOIN seen_visits USING (visit)
  GROUP BY GROUPING SETS ({acts_sets})
), starts AS (
  SELECT
    day,
    {dimension} AS dimension,
    {value} AS value,
    count(*) AS visits,
    count(*) FILTER (bounce) AS bounces,
    sum(end_ms - start_ms) AS duration_ms
  FROM seen_visits
  WHERE day {is_touched}
  GROUP BY GROUPING SETS ({starts_sets})
)
SELECT
  acts.day,
  acts.day,
  acts.dimension,
  acts.value,
  acts.visitors,
  acts.pageviews,
  acts.events,
  coalesce(starts.visits, 0),
  coalesce(starts.bounces, 0),
  coalesce(starts.duration_ms, 0),
  coalesce(acts.engaged_ms, 0),
  coalesce(acts.engaged_views, 0),
  coalesce(acts.scroll_sum, 0),
  coalesce(acts.scroll_views, 0)
FROM acts
LEFT JOIN starts
  ON starts.day = acts.day
  AND starts.dimension = acts.dimension
  AND starts.value IS NOT DISTINCT FROM acts.value
