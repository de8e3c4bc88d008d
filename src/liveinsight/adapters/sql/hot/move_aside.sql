-- Which of what was lifted is meant? It is known by its id; ids of old months are made anew, and there
-- it is known by who, when and what: where a visit has two events at one moment they have their ids.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT work.*
FROM work
SEMI JOIN (
  SELECT event_id
  FROM work
  WHERE turn = 0 AND event_id IS NOT NULL
  UNION ALL
  SELECT lifted.event_id
  FROM work AS lifted
  SEMI JOIN (
    SELECT visitor, time_ms, type, page, session
    FROM work
    WHERE turn = 0 AND event_id IS NULL
  ) AS seed
    ON seed.visitor = lifted.visitor
    AND seed.time_ms = lifted.time_ms
    AND seed.type = lifted.type
    AND seed.page IS NOT DISTINCT FROM lifted.page
    AND seed.session IS NOT DISTINCT FROM lifted.session
  WHERE lifted.turn > 0
) AS meant ON meant.event_id = work.event_id
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
