-- Which of what was lifted is meant? It is known by who, when and what; ids of old months are made anew.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT work.*
FROM work
SEMI JOIN (
  SELECT visitor, time_ms, type, page, session
  FROM work
  WHERE turn = 0
) AS seed
  ON seed.visitor = work.visitor
  AND seed.time_ms = work.time_ms
  AND seed.type = work.type
  AND seed.page IS NOT DISTINCT FROM work.page
  AND seed.session IS NOT DISTINCT FROM work.session
WHERE work.turn > 0;

INSERT INTO hot_aside BY NAME
SELECT * EXCLUDE (aside, turn), $reason AS reason, $epoch AS epoch
FROM moved;

INSERT INTO emptied
SELECT DISTINCT day
FROM work;

-- What is left?
DELETE FROM work
WHERE turn = 0 OR event_id IN (SELECT event_id FROM moved);
