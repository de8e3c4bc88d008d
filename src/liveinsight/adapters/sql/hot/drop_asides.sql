-- What of it was set aside? It goes too.
DELETE FROM taken_aside;

INSERT INTO taken_aside
SELECT '{site}', event_id
FROM {asides} AS kept
WHERE {is_doomed};

INSERT INTO replaced_aside
SELECT site, event_id, $epoch
FROM taken_aside;

INSERT INTO masked_aside
SELECT site, event_id
FROM taken_aside;

INSERT INTO emptied
SELECT DISTINCT day
FROM {asides} AS kept
WHERE {is_doomed};
