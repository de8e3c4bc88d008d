-- Take them out, to be judged again with their own values.
INSERT INTO work
SELECT {restored}, NULL, $turn + 1
FROM hot_events AS kept
SEMI JOIN taken ON taken.site = kept.site AND taken.visit = kept.visit;

INSERT INTO work
SELECT {raw_columns}, NULL, $turn + 1
FROM hot_aside AS kept
SEMI JOIN taken_aside
  ON taken_aside.site = kept.site AND taken_aside.event_id = kept.event_id;

INSERT INTO replaced
SELECT site, visit, $epoch
FROM taken;

INSERT INTO replaced_aside
SELECT site, event_id, $epoch
FROM taken_aside;

DELETE FROM hot_events
USING taken
WHERE taken.site = hot_events.site AND taken.visit = hot_events.visit;

DELETE FROM hot_visits
USING taken
WHERE taken.site = hot_visits.site AND taken.visit = hot_visits.visit;

DELETE FROM hot_aside
USING taken_aside
WHERE taken_aside.site = hot_aside.site AND taken_aside.event_id = hot_aside.event_id;
