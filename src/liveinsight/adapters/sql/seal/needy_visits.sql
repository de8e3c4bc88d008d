-- Which visits need their events' ids later? Those with two events at one moment, or over midnight.
CREATE OR REPLACE TEMP TABLE needy AS
SELECT visit
FROM {events}
GROUP BY visit
HAVING count(*) <> count(DISTINCT time_ms) OR min(day) <> max(day)
UNION
SELECT visit
FROM {events}
WHERE day = $first_day AND visit NOT IN (SELECT visit FROM {visits} WHERE day = $first_day)
UNION
SELECT visit
FROM {visits}
WHERE end_ms >= $end_ms
