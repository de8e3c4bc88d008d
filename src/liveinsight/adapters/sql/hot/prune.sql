-- Which hot visits stay: not sealed as they are, or not over long enough to be let go?
CREATE OR REPLACE TEMP TABLE staying AS
SELECT site, visit
FROM hot_visits
WHERE epoch > $epoch OR end_ms >= $keep_from_ms;

-- Tables are made anew, which gives the memory back.
CREATE OR REPLACE TABLE hot_events AS
SELECT hot_events.*
FROM hot_events
SEMI JOIN staying ON staying.site = hot_events.site AND staying.visit = hot_events.visit;

CREATE OR REPLACE TABLE hot_visits AS
SELECT hot_visits.*
FROM hot_visits
SEMI JOIN staying ON staying.site = hot_visits.site AND staying.visit = hot_visits.visit;

CREATE OR REPLACE TABLE hot_aside AS
SELECT *
FROM hot_aside
WHERE epoch > $epoch;

-- Which rows of the new files does a hot row stand for? Visits that stay, and what changed meanwhile.
CREATE OR REPLACE TABLE masked AS
SELECT site, visit
FROM hot_visits
WHERE epoch <= $epoch
UNION
SELECT site, visit
FROM replaced
WHERE epoch > $epoch;

CREATE OR REPLACE TABLE masked_aside AS
SELECT DISTINCT site, event_id
FROM replaced_aside
WHERE epoch > $epoch;

CREATE OR REPLACE TABLE replaced AS
SELECT *
FROM replaced
WHERE epoch > $epoch;

CREATE OR REPLACE TABLE replaced_aside AS
SELECT *
FROM replaced_aside
WHERE epoch > $epoch;

UPDATE drops
SET epoch = 0
WHERE epoch <= $epoch;
