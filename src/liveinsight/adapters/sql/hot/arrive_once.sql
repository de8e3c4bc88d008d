-- Of the same id the first counts.
DELETE FROM work
USING (
  SELECT site, event_id, min(rowid) AS first_row
  FROM work
  GROUP BY site, event_id
  HAVING count(*) > 1
) AS twice
WHERE twice.site = work.site AND twice.event_id = work.event_id AND work.rowid > twice.first_row;

-- Which of it is hot already?
DELETE FROM work
WHERE (site, event_id) IN (
  SELECT site, event_id FROM hot_events
  UNION ALL
  SELECT site, event_id FROM hot_aside
);
