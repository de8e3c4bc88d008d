-- What are the month's figures, those of the days that were not touched as they were?
COPY (
  SELECT {rollup_columns}
  FROM (
    SELECT {rollup_columns}
    FROM figures
    UNION ALL
    SELECT {rollup_columns}
    FROM {rows}
    WHERE day NOT IN {touched_days}
  )
  ORDER BY dimension, day, value
) TO {path} ({options})
