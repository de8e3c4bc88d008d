"""How a digest is written."""

from collections.abc import Iterator
from datetime import timedelta

from liveinsight.adapters.mail.sheet import (
    MONTHS,
    Line,
    Sheet,
    Table,
    day_of,
    link_to,
    name_of,
    number,
    tables_of,
)
from liveinsight.domain.digest import FIGURES, Digest, Figure
from liveinsight.domain.letter import Language

WORDS = {
    Language.ENGLISH: {
        "visitors": "Visitors",
        "visits": "Visits",
        "pageviews": "Pageviews",
        "bounce_rate": "Bounce rate",
        "visit_duration": "Visit duration",
        "goals": "Goals",
        "before": "{change} against the period before",
        "nothing": "Nobody came.",
    },
    Language.KOREAN: {
        "visitors": "방문자",
        "visits": "방문",
        "pageviews": "페이지뷰",
        "bounce_rate": "이탈률",
        "visit_duration": "방문 시간",
        "goals": "목표",
        "before": "이전 대비 {change}",
        "nothing": "방문이 없었습니다.",
    },
}
MINUTE_S, HOUR_S = 60, 3600


def written(digest: Digest, language: Language, base_url: str) -> tuple[str, str, str]:
    """Subject, text and page."""
    words = WORDS[language]
    name = name_of(digest.site)
    days = _days(digest, language)
    visitors = digest.figures["visitors"]
    subject = f"{name}: {number(visitors.value)} {words['visitors'].lower()}, {days}"
    came = bool(digest.figures["visits"].value)
    sheet = Sheet(
        site=name,
        about=days,
        says="" if came else words["nothing"],
        figures=tuple(_figures(digest, words)) if came else (),
        than=words["before"],
        tables=_tables(digest, language) if came else (),
        link=link_to(base_url, f"site={digest.site.id}&range={_range(digest)}"),
        language=language,
    )
    return subject, sheet.text(), sheet.page()


def _tables(digest: Digest, language: Language) -> tuple[Table, ...]:
    lists = tables_of(digest.lists, language)
    return (*lists, (WORDS[language]["goals"], digest.goals)) if digest.goals else lists


def _range(digest: Digest) -> str:
    return f"{digest.period.first}..{digest.period.last}"


def _figures(digest: Digest, words: dict[str, str]) -> Iterator[Line]:
    for name in FIGURES:
        figure = digest.figures[name]
        yield Line(words[name], _told(name, figure, words), _change(figure))


def _told(name: str, figure: Figure, words: dict[str, str]) -> str:
    if figure.value is None:
        return "-"
    if name == "bounce_rate":
        return f"{figure.value:.1f}".removesuffix(".0") + "%"
    return _time(figure.value, words) if name == "visit_duration" else number(figure.value)


def _time(seconds: float, words: dict[str, str]) -> str:
    hour, minute, second = ("h", "m", "s") if words is WORDS[Language.ENGLISH] else _KOREAN_TIME
    whole = round(seconds)
    if whole >= HOUR_S:
        return f"{whole // HOUR_S}{hour} {whole % HOUR_S // MINUTE_S}{minute}"
    if whole >= MINUTE_S:
        return f"{whole // MINUTE_S}{minute} {whole % MINUTE_S}{second}"
    return f"{whole}{second}"


_KOREAN_TIME = ("시간", "분", "초")


def _change(figure: Figure) -> str:
    if figure.change is None:
        return ""
    return f"{figure.change:+.1f}".removesuffix(".0") + "%"


def _days(digest: Digest, language: Language) -> str:
    first, last = digest.period.first, digest.period.last
    if first == last:
        return day_of(first, language)
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.month == last.month:
        month = MONTHS[first.month - 1]
        english = language is Language.ENGLISH
        return f"{month} {first.year}" if english else f"{first.year}년 {first.month}월"
    return f"{day_of(first, language)} - {day_of(last, language)}"
