-- Which visitor ids are one person's, over midnight? The oldest id names the chain.
CREATE OR REPLACE TEMP TABLE chains AS
WITH RECURSIVE link AS (
  SELECT site, visitor, min(prior) AS prior
  FROM work
  WHERE prior IS NOT NULL AND prior <> visitor
  GROUP BY site, visitor
), walk AS (
  SELECT site, visitor, prior AS chain, 1 AS depth
  FROM link
  UNION ALL
  SELECT walk.site, walk.visitor, link.prior, walk.depth + 1
  FROM walk
  JOIN link ON link.site = walk.site AND link.visitor = walk.chain
  WHERE walk.depth < 1000
)
SELECT site, visitor, arg_max(chain, depth) AS chain
FROM walk
GROUP BY site, visitor;

-- Where is a cut between two events of a chain: a gap of over 30 minutes, or the end of a session?
CREATE OR REPLACE TEMP TABLE steps AS
WITH ordered AS (
  SELECT
    work.rowid AS row,
    work.site,
    coalesce(chains.chain, work.visitor) AS chain,
    work.session,
    work.time_ms,
    work.event_id,
    work.type IN {silent_types} AS silent,
    CASE
      WHEN time_ms - lag(time_ms) OVER story > {gap_ms} THEN 1
      WHEN lag(type) OVER story = 'session_end' THEN 1
      ELSE 0
    END AS cut
  FROM work
  LEFT JOIN chains ON chains.site = work.site AND chains.visitor = work.visitor
  WINDOW story AS (
    PARTITION BY work.site, coalesce(chains.chain, work.visitor), work.session
    ORDER BY work.time_ms, work.event_id
  )
)
SELECT
  * EXCLUDE (cut),
  sum(cut) OVER (PARTITION BY site, chain, session ORDER BY time_ms, event_id) AS segment
FROM ordered;

-- Which event starts the visit of a segment? The first that is not silent; those before it have none.
CREATE OR REPLACE TEMP TABLE starts AS
SELECT
  site,
  chain,
  session,
  segment,
  min(time_ms) AS start_ms,
  arg_min(event_id, (time_ms, event_id)) AS visit
FROM steps
WHERE NOT silent
GROUP BY site, chain, session, segment;

-- Which visit has each event?
CREATE OR REPLACE TEMP TABLE placed AS
SELECT steps.row, starts.visit
FROM steps
JOIN starts
  ON starts.site = steps.site
  AND starts.chain = steps.chain
  AND starts.session IS NOT DISTINCT FROM steps.session
  AND starts.segment = steps.segment
  AND (steps.time_ms > starts.start_ms
    OR (steps.time_ms = starts.start_ms AND steps.event_id >= starts.visit));

-- The how-manieth page view of its visit is each?
CREATE OR REPLACE TEMP TABLE views AS
SELECT
  placed.row,
  placed.visit,
  work.site,
  work.hostname,
  work.page,
  work.time_ms,
  work.event_id,
  CASE WHEN work.type = 'page_view' THEN row_number() OVER (
    PARTITION BY work.site, placed.visit, work.type
    ORDER BY work.time_ms, work.event_id
  ) END AS view,
  work.type = 'engagement' AS tells
FROM placed
JOIN work ON work.rowid = placed.row
WHERE work.type IN ('page_view', 'engagement');

-- Which page view does an engagement tell of? The latest of its page before it.
UPDATE views
SET view = told.view
FROM (
  SELECT engagement.row, max(seen.view) AS view
  FROM views AS engagement
  JOIN views AS seen
    ON seen.site = engagement.site
    AND seen.visit = engagement.visit
    AND seen.hostname IS NOT DISTINCT FROM engagement.hostname
    AND seen.page IS NOT DISTINCT FROM engagement.page
    AND (seen.time_ms < engagement.time_ms
      OR (seen.time_ms = engagement.time_ms AND seen.event_id < engagement.event_id))
  WHERE engagement.tells AND NOT seen.tells
  GROUP BY engagement.row
) AS told
WHERE told.row = views.row;

-- Into the hot tables: the events that have a visit, each with the dimensions of its visit's first.
INSERT INTO hot_events
SELECT
  work.site,
  work.day,
  placed.visit,
  views.view,
  work.event_id,
  work.time_ms,
  work.type,
  work.visitor,
  work.prior,
  work.session,
  work.hostname,
  work.page,
  work.title,
  {opener_dimensions},
  work.props,
  work.revenue_amount,
  work.revenue_currency,
  work.engaged_ms,
  work.scroll_depth,
  {own_origin},
  {own_client},
  $epoch
FROM work
JOIN placed ON placed.row = work.rowid
JOIN work AS opener ON opener.site = work.site AND opener.event_id = placed.visit
LEFT JOIN views ON views.row = work.rowid;

-- Into the hot tables: those that have none, with their own values.
INSERT INTO hot_aside BY NAME
SELECT work.* EXCLUDE (aside, turn), 'no_visit' AS reason, $epoch AS epoch
FROM work
ANTI JOIN placed ON placed.row = work.rowid;
