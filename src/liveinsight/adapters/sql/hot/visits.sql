-- What are the visits whose events were judged by these batches? All of a visit are judged together.
INSERT INTO hot_visits
WITH told AS (
  SELECT
    site,
    visit,
    max(epoch) AS epoch,
    max(time_ms) AS end_ms,
    count(*) FILTER (type = 'page_view') AS pageviews,
    count(*) FILTER (type <> 'page_view' AND type NOT IN {silent_types}) AS customs,
    bool_or(type = 'session_end') AS ended,
    arg_min_null(page, view) FILTER (type = 'page_view') AS entry_page,
    arg_min_null(hostname, view) FILTER (type = 'page_view') AS entry_hostname,
    arg_max_null(page, view) FILTER (type = 'page_view') AS exit_page,
    arg_max_null(hostname, view) FILTER (type = 'page_view') AS exit_hostname
  FROM hot_events
  WHERE epoch >= $from_epoch
  GROUP BY site, visit
)
SELECT
  opener.site,
  opener.day,
  told.visit,
  opener.visitor,
  opener.session,
  opener.time_ms,
  told.end_ms,
  told.pageviews,
  told.customs,
  told.pageviews = 1 AND told.customs = 0,
  told.ended,
  told.entry_page,
  told.entry_hostname,
  told.exit_page,
  told.exit_hostname,
  {opener_dimensions},
  told.epoch
FROM told
JOIN hot_events AS opener
  ON opener.site = told.site AND opener.visit = told.visit AND opener.event_id = opener.visit
WHERE opener.epoch >= $from_epoch
