-- On which other days is something judged anew?
INSERT INTO emptied
SELECT DISTINCT day
FROM work;

-- What is left?
DELETE FROM work
WHERE turn = 0 OR {is_doomed};
