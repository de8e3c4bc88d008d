-- Which days of which sites were written to by batches after the last seal?
SELECT site, day
FROM hot_events
WHERE epoch > $epoch
UNION
SELECT site, day
FROM hot_visits
WHERE epoch > $epoch
UNION
SELECT site, day
FROM hot_aside
WHERE epoch > $epoch
