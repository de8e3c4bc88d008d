-- Which sealed visits are within reach of anything that is to be judged?
CREATE OR REPLACE TEMP TABLE reach AS
SELECT site, visitor, session, min(time_ms) - {gap_ms} AS from_ms, max(time_ms) + {gap_ms} AS to_ms
FROM work
GROUP BY site, visitor, session
UNION ALL
SELECT site, prior, session, min(time_ms) - {gap_ms}, max(time_ms) + {gap_ms}
FROM work
WHERE prior IS NOT NULL AND prior <> visitor
GROUP BY site, prior, session;

DELETE FROM taken;

INSERT INTO taken
WITH hot AS MATERIALIZED (
  SELECT
    near_files.site,
    sealed.visit,
    sealed.visitor,
    sealed.prior,
    sealed.session,
    sealed.time_ms
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
), found AS (
  SELECT hot.site, hot.visit
  FROM hot
  JOIN reach ON {same_visitor}
  UNION
  SELECT hot.site, hot.visit
  FROM hot
  JOIN reach ON {same_prior}
  WHERE hot.prior IS NOT NULL
)
SELECT site, visit
FROM found
ANTI JOIN masked ON masked.site = found.site AND masked.visit = found.visit;

-- Read them whole. A month's file has no ids but where order or midnight needs them: of the rest the
-- first is the visit's, the others need only be different.
INSERT INTO work
WITH whole AS (
  SELECT sealed.*, near_files.site
  FROM read_parquet({files}, filename = true, file_row_number = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
  SEMI JOIN (
    SELECT site, visit, true AS is_new FROM taken
    UNION ALL
    SELECT site, visit, false FROM taken
    UNION ALL
    SELECT site, visit, true FROM lifted
  ) AS wanted
    ON wanted.site = near_files.site
    AND wanted.visit = sealed.visit
    AND wanted.is_new = near_files.is_new
), kept AS (
  SELECT * REPLACE (
    coalesce(
      event_id,
      CASE
        WHEN row_number() OVER (PARTITION BY site, visit ORDER BY day, file_row_number) = 1 THEN visit
        ELSE hash(site, visit, day, file_row_number)
      END
    ) AS event_id
  )
  FROM whole
)
SELECT {restored}, NULL, $turn + 1
FROM kept;

INSERT INTO lifted
SELECT site, visit
FROM taken;

INSERT INTO masked
SELECT site, visit
FROM taken;

INSERT INTO replaced
SELECT site, visit, $epoch
FROM taken;
