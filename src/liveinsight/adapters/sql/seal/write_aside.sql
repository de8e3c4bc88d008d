-- What was set aside on these days?
COPY (
  SELECT {event_fields}, reason
  FROM {rows}
  ORDER BY day, time_ms, event_id
) TO {path} ({options})
