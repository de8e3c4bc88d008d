-- How far do the newest rows reach? Half an hour around each visitor's, under the id of before midnight too.
CREATE OR REPLACE TEMP TABLE reach AS
SELECT site, visitor, session, min(time_ms) - {gap_ms} AS from_ms, max(time_ms) + {gap_ms} AS to_ms
FROM work
WHERE turn = $turn
GROUP BY site, visitor, session
UNION ALL
SELECT site, prior, session, min(time_ms) - {gap_ms}, max(time_ms) + {gap_ms}
FROM work
WHERE turn = $turn AND prior IS NOT NULL AND prior <> visitor
GROUP BY site, prior, session;

-- Which hot visits are within reach?
DELETE FROM taken;

INSERT INTO taken
SELECT hot.site, hot.visit
FROM hot_events AS hot
JOIN reach ON {same_visitor}
UNION
SELECT hot.site, hot.visit
FROM hot_events AS hot
JOIN reach ON {same_prior}
WHERE hot.prior IS NOT NULL;

-- Which hot events without a visit are within reach?
DELETE FROM taken_aside;

INSERT INTO taken_aside
SELECT hot.site, hot.event_id
FROM hot_aside AS hot
JOIN reach ON {same_visitor}
WHERE hot.reason = 'no_visit'
UNION
SELECT hot.site, hot.event_id
FROM hot_aside AS hot
JOIN reach ON {same_prior}
WHERE hot.reason = 'no_visit' AND hot.prior IS NOT NULL;
