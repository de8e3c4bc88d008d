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
    work.type = 'page_view' AS is_view,
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
  sum(cut) OVER story AS segment,
  count(*) FILTER (is_view) OVER story AS views
FROM ordered
WINDOW story AS (PARTITION BY site, chain, session ORDER BY time_ms, event_id);

-- Which event starts the visit of a segment? The first that is not silent; those before it have none.
CREATE OR REPLACE TEMP TABLE starts AS
SELECT
  site,
  chain,
  session,
  segment,
  min(time_ms) AS start_ms,
  arg_min(event_id, (time_ms, event_id)) AS visit,
  min(views - CAST(is_view AS INTEGER)) AS views_before
FROM steps
WHERE NOT silent
GROUP BY site, chain, session, segment;

-- Which visit has each event, and the how-manieth of its page views is each view?
CREATE OR REPLACE TEMP TABLE placed AS
SELECT
  steps.row,
  starts.visit,
  CASE WHEN steps.is_view THEN steps.views - starts.views_before END AS view
FROM steps
JOIN starts
  ON starts.site = steps.site
  AND starts.chain = steps.chain
  AND starts.session IS NOT DISTINCT FROM steps.session
  AND starts.segment = steps.segment
  AND (steps.time_ms > starts.start_ms
    OR (steps.time_ms = starts.start_ms AND steps.event_id >= starts.visit));

-- Which engagements are there?
CREATE OR REPLACE TEMP TABLE engagements AS
SELECT placed.row, placed.visit, site, hostname, page, (time_ms, event_id) AS moment
FROM work
JOIN placed ON placed.row = work.rowid
WHERE type = 'engagement';

-- Which page view does each tell of? The latest of its page before it.
CREATE OR REPLACE TEMP TABLE told AS
SELECT engagements.row, seen.view
FROM engagements
ASOF JOIN (
  SELECT placed.view, placed.visit, site, hostname, page, (time_ms, event_id) AS moment
  FROM placed
  SEMI JOIN engagements ON engagements.visit = placed.visit
  JOIN work ON work.rowid = placed.row
  WHERE placed.view IS NOT NULL
) AS seen
  ON seen.site = engagements.site
  AND seen.visit = engagements.visit
  AND seen.hostname IS NOT DISTINCT FROM engagements.hostname
  AND seen.page IS NOT DISTINCT FROM engagements.page
  AND seen.moment < engagements.moment;

-- Into the hot tables: the events that have a visit, each with the dimensions of its visit's first.
INSERT INTO hot_events
WITH openers AS (
  SELECT work.*
  FROM work
  SEMI JOIN starts ON starts.site = work.site AND starts.visit = work.event_id
)
SELECT
  work.site,
  work.day,
  placed.visit,
  coalesce(placed.view, told.view),
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
JOIN openers AS opener ON opener.site = work.site AND opener.event_id = placed.visit
LEFT JOIN told ON told.row = work.rowid;

-- Into the hot tables: those that have none, with their own values.
INSERT INTO hot_aside BY NAME
SELECT work.* EXCLUDE (aside, turn), 'no_visit' AS reason, $epoch AS epoch
FROM work
SEMI JOIN (
  SELECT row
  FROM steps
  ANTI JOIN placed USING (row)
) AS alone ON alone.row = work.rowid;
