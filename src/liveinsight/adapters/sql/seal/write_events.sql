-- What are the events of these days, in the order in which they are read?
COPY (
  SELECT {event_fields}
  FROM {rows}
  ORDER BY day, visit, time_ms, event_id
) TO {path} ({options})
