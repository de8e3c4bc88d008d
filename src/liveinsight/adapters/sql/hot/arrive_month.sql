-- A month's file has no ids but where order or midnight needs them. The first event of a visit is known
-- by the visit's name all the same.
DELETE FROM work
WHERE (site, event_id) IN (
  SELECT near_files.site, sealed.visit
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
  WHERE sealed.event_id IS NULL
);

-- Which of the others is in it? What tells of the same visitor the same at the same moment, so often.
DELETE FROM work
USING (
  WITH fresh AS (
    SELECT
      rowid AS row,
      *,
      row_number() OVER (
        PARTITION BY site, visitor, session, time_ms, type, hostname, page
        ORDER BY rowid
      ) AS nth
    FROM work
  ), kept AS (
    SELECT near_files.site, visitor, session, time_ms, type, hostname, page, count(*) AS times
    FROM read_parquet({files}, filename = true) AS sealed
    JOIN near_files ON near_files.filename = sealed.filename
    WHERE sealed.event_id IS NULL
    GROUP BY ALL
  )
  SELECT fresh.row
  FROM fresh
  JOIN kept
    ON kept.site = fresh.site
    AND kept.visitor = fresh.visitor
    AND kept.session IS NOT DISTINCT FROM fresh.session
    AND kept.time_ms = fresh.time_ms
    AND kept.type = fresh.type
    AND kept.hostname IS NOT DISTINCT FROM fresh.hostname
    AND kept.page IS NOT DISTINCT FROM fresh.page
  WHERE fresh.nth <= kept.times
) AS again
WHERE work.rowid = again.row;
