-- What has come?
INSERT INTO work
SELECT
  {arrived_columns},
  CAST(aside AS VARCHAR) AS aside,
  0 AS turn
FROM arrived
