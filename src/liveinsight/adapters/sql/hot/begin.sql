-- Where is it put, until it is judged? `turn` is the how-manieth look around brought a row.
CREATE OR REPLACE TABLE work (
  {raw_types},
  aside VARCHAR,
  turn INTEGER
)
