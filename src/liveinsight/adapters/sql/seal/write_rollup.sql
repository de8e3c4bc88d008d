-- What are the figures of the month's days, and of all of them together? There only visits from
-- before the first day keep the day of their start.
COPY (
  WITH days AS MATERIALIZED (
    SELECT {rollup_columns}
    FROM {rows}
    WHERE NOT starts_with(dimension, '{of_month}')
  ), since AS (
    SELECT min(day) AS first_day
    FROM days
  )
  SELECT {rollup_columns}
  FROM days
  UNION ALL
  SELECT
    first_day,
    least(start_day, first_day),
    '{of_month}' || dimension,
    value,
    {rollup_sums}
  FROM days, since
  WHERE dimension <> 'time:hour'
  GROUP BY ALL
  ORDER BY dimension, day, value
) TO {path} ({options})
