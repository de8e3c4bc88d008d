-- What has come that nothing here can change? It keeps the visit that it was exported with.
INSERT INTO hot_events BY NAME
SELECT
  {arrived_columns},
  CAST(visit AS UBIGINT) AS visit,
  CAST(view AS UINTEGER) AS view,
  $epoch AS epoch
FROM arrived
