-- What is not judged at all?
INSERT INTO hot_aside BY NAME
SELECT * EXCLUDE (aside, turn), aside AS reason, $epoch AS epoch
FROM work
WHERE aside IS NOT NULL;

DELETE FROM work
WHERE aside IS NOT NULL;
