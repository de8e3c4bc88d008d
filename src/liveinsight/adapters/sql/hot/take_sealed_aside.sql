-- Which sealed events without a visit are within reach?
DELETE FROM taken_aside;

INSERT INTO taken_aside
WITH hot AS MATERIALIZED (
  SELECT
    near_files.site,
    sealed.event_id,
    sealed.visitor,
    sealed.prior,
    sealed.session,
    sealed.time_ms
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
  WHERE sealed.reason = 'no_visit'
), found AS (
  SELECT hot.site, hot.event_id
  FROM hot
  JOIN reach ON {same_visitor}
  UNION
  SELECT hot.site, hot.event_id
  FROM hot
  JOIN reach ON {same_prior}
  WHERE hot.prior IS NOT NULL
)
SELECT site, event_id
FROM found
ANTI JOIN masked_aside
  ON masked_aside.site = found.site AND masked_aside.event_id = found.event_id;

INSERT INTO work
WITH kept AS (
  SELECT sealed.* EXCLUDE (filename), near_files.site
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
  SEMI JOIN taken_aside
    ON taken_aside.site = near_files.site AND taken_aside.event_id = sealed.event_id
)
SELECT {raw_columns}, NULL, $turn + 1
FROM kept;

INSERT INTO masked_aside
SELECT site, event_id
FROM taken_aside;

INSERT INTO replaced_aside
SELECT site, event_id, $epoch
FROM taken_aside;
