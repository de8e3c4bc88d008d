"""History to be asked: generated events of one site, sealed by the product into its own files.

Data as in the design's measurements: 2,000 pages, 20,000 referrers, 50 countries, 3,000 cities,
8 browsers, 6 systems, visits of 1 to 20 views (3.1 on average), visitors by the day. Of so many
events in five sites 60 % are this site's; files are per site, so the others are never opened.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec

from liveinsight.adapters.sql.fragments import statements
from liveinsight.adapters.sql.relations import COLUMNS, Relations
from liveinsight.adapters.sql.seal import Sealing, month_span
from liveinsight.domain.lake import LakeFile, Relation

SITE, ZONE = "shop", "UTC"
LAST_DAY = date(2026, 11, 19)
VIEWS_PER_VISIT = 3.1
SHARE = 0.6

EVENTS = """
-- What happened on these days?
INSERT INTO hot_events BY NAME
WITH visit AS (
  SELECT
    i,
    hash(i, 'v') AS h,
    DATE '{first}' + (i % {days})::INTEGER AS day,
    least(20, 1 + floor(-ln((hash(i, 'n') % 1000000 + 1) / 1000001.0) * 2.65))::INTEGER AS views,
    (hash(i, 's') % 75600000)::BIGINT AS at_ms,
    hash(i // 5 * 4 + least(i % 5, 3), 'p') AS visitor,
    pow(50, (hash(i, 'c') % 100000) / 100000.0)::INTEGER AS country,
    pow(20000, (hash(i, 'r') % 100000) / 100000.0)::INTEGER AS referrer
  FROM range({visits}) AS t(i)
), act AS (
  SELECT *, unnest(range(views + (h % 25 = 0)::INTEGER)) AS n
  FROM visit
)
SELECT
  '{site}' AS site,
  day,
  hash(i, 0, '{first}') AS visit,
  CASE WHEN n < views THEN n + 1 END AS view,
  hash(i, n, '{first}') AS event_id,
  epoch_ms(day) + at_ms + n * (2000 + (h % 170000))::BIGINT AS time_ms,
  CASE WHEN n < views THEN 'page_view' ELSE 'Signup' END AS type,
  hash(visitor, day) AS visitor,
  'www.shop.example' AS hostname,
  '/section-' || (pow(2000, (hash(i, n, 'g') % 100000) / 100000.0)::INTEGER % 9) || '/page-' || pow(2000, (hash(i, n, 'g') % 100000) / 100000.0)::INTEGER AS page,
  'Page ' || pow(2000, (hash(i, n, 'g') % 100000) / 100000.0)::INTEGER AS title,
  CASE WHEN h % 3 > 0 THEN 'Source ' || (referrer % 100) END AS source,
  (['Direct', 'Organic Search', 'Organic Social', 'Referral', 'Email', 'AI Assistant'])[1 + (h % 6)::INTEGER] AS channel,
  CASE WHEN h % 3 > 0 THEN 'site-' || referrer || '.example/path' END AS referrer,
  CASE WHEN h % 10 = 0 THEN 'newsletter' END AS utm_source,
  CASE WHEN h % 10 = 0 THEN 'email' END AS utm_medium,
  CASE WHEN h % 10 = 0 THEN 'campaign-' || (h % 70) END AS utm_campaign,
  chr(65 + country % 26) || chr(65 + country // 26 % 26) AS country,
  'Region ' || country || '-' || (h % 8) AS region,
  'City ' || country || '-' || (h % 60) AS city,
  (['Chrome', 'Safari', 'Edge', 'Firefox', 'Samsung Internet', 'Opera', 'Whale', 'Other'])[1 + (h % 8)::INTEGER] AS browser,
  (120 + h % 30)::VARCHAR AS browser_version,
  (['Windows', 'macOS', 'iOS', 'Android', 'Linux', 'ChromeOS'])[1 + (h % 6)::INTEGER] AS os,
  (10 + h % 8)::VARCHAR AS os_version,
  (['desktop', 'mobile', 'mobile', 'tablet'])[1 + (h % 4)::INTEGER] AS device,
  (['1920x1080', '390x844', '1440x900', '412x915'])[1 + (h % 4)::INTEGER] AS screen,
  (['en', 'ko', 'de', 'fr', 'ja'])[1 + (h % 5)::INTEGER] AS language,
  CASE WHEN hash(i, n, 'o') % 100 < 8 OR n >= views
    THEN '{{"plan":"' || (['free', 'pro', 'team'])[1 + (h % 3)::INTEGER] || '"}}' END AS props
FROM act
"""
VISITS = """
-- Which visits are these?
INSERT INTO hot_visits BY NAME
SELECT
  site,
  day,
  visit,
  any_value(visitor) AS visitor,
  min(time_ms) AS start_ms,
  max(time_ms) AS end_ms,
  count(view) AS pageviews,
  count(*) FILTER (view IS NULL) AS customs,
  count(*) = 1 AS bounce,
  false AS ended,
  arg_min(page, view) AS entry_page,
  arg_min(hostname, view) AS entry_hostname,
  arg_max(page, view) AS exit_page,
  arg_max(hostname, view) AS exit_hostname,
  {dimensions}
FROM hot_events
GROUP BY site, day, visit
"""


def made(folder: Path, events: int, days: int, last_day: date = LAST_DAY) -> Relations:
    """The site's share of so many events over so many days; made once, then found again."""
    ends = "" if last_day == LAST_DAY else f"-{last_day}"
    manifest = folder / f"manifest-{events}-{days}{ends}.json"
    if not manifest.exists():
        folder.mkdir(parents=True, exist_ok=True)
        manifest.write_bytes(msgspec.json.encode(_make(folder, events, days, last_day)))
    files = msgspec.json.decode(manifest.read_bytes(), type=list[LakeFile])
    return Relations(files)


def now_ms() -> int:
    """The moment at which the history ends."""
    last = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=UTC)
    return int((last + timedelta(days=1)).timestamp() * 1000) - 1


def _make(folder: Path, events: int, days: int, last_day: date) -> list[LakeFile]:
    visits_a_day = int(events * SHARE / (VIEWS_PER_VISIT + 0.04) / days)
    first = last_day - timedelta(days=days - 1)
    files: list[LakeFile] = []
    while first <= last_day:
        last = min(month_span(first)[1], last_day)
        of_month = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        is_open = last == last_day
        files += _month(folder, of_month, visits_a_day, len(files), is_open=is_open)
        print(f"  {last}: {sum(f.rows for f in files if f.relation is Relation.EVENTS):,} events")
        first = last + timedelta(days=1)
    return files


def _month(
    folder: Path, days: list[date], visits_a_day: int, generation: int, *, is_open: bool
) -> list[LakeFile]:
    connection = duckdb.connect(config={"temp_directory": str(folder / "spill")})
    for statement in statements("hot", "tables"):
        connection.execute(statement)
    told = {"first": days[0], "days": len(days), "site": SITE, "visits": visits_a_day * len(days)}
    connection.execute(EVENTS.format(**told))
    names = COLUMNS[Relation.VISITS][COLUMNS[Relation.VISITS].index("source") :]
    dimensions = ", ".join(f"any_value({name}) AS {name}" for name in names)
    connection.execute(VISITS.format(dimensions=dimensions))

    def place(name: str) -> str:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def sealing(relations: Relations, step: int) -> Sealing:
        return Sealing(connection, relations, SITE, ZONE, generation=step, place=place)

    change = sealing(Relations((), {SITE: frozenset(days)}), generation + 1).days(days)
    files = change.new
    if not is_open:
        compacted = sealing(Relations(files), generation + 2).month(days[0])
        files = [file for file in files if file not in compacted.gone] + compacted.new
        for file in compacted.gone:
            Path(file.path).unlink()
    connection.close()
    return files
