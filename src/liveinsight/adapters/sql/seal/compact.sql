-- What is a month of rows, that lie in order already?
COPY (
  FROM {rows}
) TO {path} ({options})
