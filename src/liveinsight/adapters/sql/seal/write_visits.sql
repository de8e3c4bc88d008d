-- What are the visits that started on these days?
COPY (
  SELECT {visit_columns}
  FROM {rows}
  ORDER BY day, visit
) TO {path} ({options})
