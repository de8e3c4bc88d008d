-- Which of it is sealed already?
DELETE FROM work
WHERE (site, event_id) IN (
  SELECT near_files.site, sealed.event_id
  FROM read_parquet({files}, filename = true) AS sealed
  JOIN near_files ON near_files.filename = sealed.filename
);
