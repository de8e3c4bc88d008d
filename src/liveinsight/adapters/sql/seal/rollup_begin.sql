-- What do visits look like, as far as figures need it? Those from before midnight too.
CREATE OR REPLACE TEMP TABLE seen_visits AS
SELECT {visit_columns}
FROM {visits}
WHERE day {is_touched}
UNION ALL
SELECT {visit_columns}
FROM {visits}
SEMI JOIN (
  SELECT DISTINCT visit
  FROM {events}
  WHERE day {is_touched}
) AS present USING (visit)
WHERE day {is_before};

-- What did each visit do on each day, under each visitor id? A page view was looked at on a day as
-- long as its engagements of the day say, and as far down as the farthest of them.
CREATE OR REPLACE TEMP TABLE shares AS
WITH looks AS (
  SELECT
    day,
    visit,
    view,
    min(visitor) AS visitor,
    sum(engaged_ms) AS engaged_ms,
    max(scroll_depth) AS scroll_depth
  FROM {events}
  WHERE day {is_touched}
    AND view IS NOT NULL
    AND (engaged_ms IS NOT NULL OR scroll_depth IS NOT NULL)
  GROUP BY day, visit, view
)
SELECT
  day,
  visit,
  visitor,
  sum(pageviews) AS pageviews,
  sum(events) AS events,
  sum(engaged_ms) AS engaged_ms,
  sum(engaged_views) AS engaged_views,
  sum(scroll_sum) AS scroll_sum,
  sum(scroll_views) AS scroll_views
FROM (
  SELECT
    day,
    visit,
    visitor,
    count(*) FILTER (type = 'page_view') AS pageviews,
    count(*) FILTER (type NOT IN {silent_types}) AS events,
    NULL AS engaged_ms,
    NULL AS engaged_views,
    NULL AS scroll_sum,
    NULL AS scroll_views
  FROM {events}
  WHERE day {is_touched}
  GROUP BY day, visit, visitor
  UNION ALL
  SELECT
    day,
    visit,
    visitor,
    0,
    0,
    sum(engaged_ms),
    count(engaged_ms),
    sum(scroll_depth),
    count(scroll_depth)
  FROM looks
  GROUP BY day, visit, visitor
)
GROUP BY day, visit, visitor
