-- A month's file has no ids but where order or midnight needs them. The first event of a visit is known
-- by the visit's name all the same.
DELETE FROM work
WHERE (site, event_id) IN (
  SELECT near_files.site, sealed.visit
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
  WHERE sealed.event_id IS NULL
);

-- Which of the others is in it? What tells of the same visitor all the same at the same moment, as often
-- as it is there.
DELETE FROM work
USING (
  WITH fresh AS (
    SELECT
      rowid AS row,
      *,
      row_number() OVER (
        PARTITION BY site, visitor, session, time_ms, type, hostname, page, title, props,
          revenue_amount, revenue_currency, engaged_ms, scroll_depth
        ORDER BY rowid
      ) AS nth
    FROM work
  ), near_visits AS (
    SELECT DISTINCT near_files.site, sealed.visit
    FROM read_parquet({files}, filename = true) AS sealed
    JOIN near_files ON near_files.filename = sealed.filename
    JOIN fresh
      ON fresh.site = near_files.site
      AND fresh.visitor = sealed.visitor
      AND fresh.time_ms = sealed.time_ms
    WHERE sealed.event_id IS NULL
  ), placed AS (
    SELECT
      near_files.site,
      sealed.*,
      row_number() OVER (
        PARTITION BY near_files.site, sealed.visit
        ORDER BY sealed.day, sealed.file_row_number
      ) AS place
    FROM read_parquet({files}, filename = true, file_row_number = true) AS sealed
    JOIN near_files ON near_files.filename = sealed.filename
    SEMI JOIN near_visits
      ON near_visits.site = near_files.site AND near_visits.visit = sealed.visit
  ), kept AS (
    SELECT
      site, visitor, session, time_ms, type, hostname, page, title, props,
      revenue_amount, revenue_currency, engaged_ms, scroll_depth, count(*) AS times
    FROM placed
    WHERE event_id IS NULL AND place > 1
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
    AND kept.title IS NOT DISTINCT FROM fresh.title
    AND kept.props IS NOT DISTINCT FROM fresh.props
    AND kept.revenue_amount IS NOT DISTINCT FROM fresh.revenue_amount
    AND kept.revenue_currency IS NOT DISTINCT FROM fresh.revenue_currency
    AND kept.engaged_ms IS NOT DISTINCT FROM fresh.engaged_ms
    AND kept.scroll_depth IS NOT DISTINCT FROM fresh.scroll_depth
  WHERE fresh.nth <= kept.times
) AS again
WHERE work.rowid = again.row;
