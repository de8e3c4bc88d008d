"""How a digest is written: a subject, plain text, and a page that mail programs can show."""

from datetime import date, timedelta
from html import escape

from liveinsight.domain.digest import FIGURES, Digest, Figure, Row
from liveinsight.domain.letter import Language

WORDS = {
    Language.ENGLISH: {
        "visitors": "Visitors",
        "visits": "Visits",
        "pageviews": "Pageviews",
        "bounce_rate": "Bounce rate",
        "visit_duration": "Visit duration",
        "page": "Pages",
        "source": "Sources",
        "country": "Countries",
        "goals": "Goals",
        "direct": "Direct",
        "unknown": "Unknown",
        "before": "than before",
        "nothing": "Nobody came.",
        "look": "Open the dashboard",
        "why": "You get this because somebody who manages {site} asked for it; they can end it in"
        " its settings.",
    },
    Language.KOREAN: {
        "visitors": "방문자",
        "visits": "방문",
        "pageviews": "페이지뷰",
        "bounce_rate": "이탈률",
        "visit_duration": "방문 시간",
        "page": "페이지",
        "source": "유입 경로",
        "country": "국가",
        "goals": "목표",
        "direct": "직접 유입",
        "unknown": "알 수 없음",
        "before": "이전 대비",
        "nothing": "방문이 없었습니다.",
        "look": "대시보드 열기",
        "why": "{site} 관리자가 요청하여 보내는 메일입니다. 사이트 설정에서 중단할 수 있습니다.",
    },
}
MONTHS = "January February March April May June July August September October November December"
DIRECT = "Direct"
LONGEST_NAME = 100
MINUTE_S, HOUR_S = 60, 3600


def written(digest: Digest, language: Language, base_url: str) -> tuple[str, str, str]:
    """Subject, text and page."""
    words = WORDS[language]
    name = next(iter(digest.site.domains), digest.site.id)
    days = _days(digest, language)
    visitors = digest.figures["visitors"]
    subject = f"{name}: {_number(visitors.value)} {words['visitors'].lower()}, {days}"
    link = (
        f"{base_url.rstrip('/')}/?site={digest.site.id}&range={_range(digest)}" if base_url else ""
    )
    return (
        subject,
        _text(digest, words, f"{name}, {days}", link),
        _page(digest, words, (name, days), link),
    )


def _range(digest: Digest) -> str:
    return f"{digest.period.first}..{digest.period.last}"


def _text(digest: Digest, words: dict[str, str], head: str, link: str) -> str:
    lines = [head, ""]
    if not digest.figures["visits"].value:
        lines += [words["nothing"], ""]
    else:
        for name in FIGURES:
            change = _change(digest.figures[name])
            about = f"  ({change} {words['before']})" if change else ""
            lines.append(f"{words[name]}: {_told(name, digest.figures[name], words)}{about}")
        for title, rows in _tables(digest, words):
            lines += ["", f"{title}:"]
            lines += [f"  {count:>7,}  {name}" for name, count in rows]
        lines.append("")
    if link:
        lines += [f"{words['look']}: {link}", ""]
    lines.append(words["why"].format(site=next(iter(digest.site.domains), digest.site.id)))
    return "\n".join(lines) + "\n"


def _page(digest: Digest, words: dict[str, str], head: tuple[str, str], link: str) -> str:
    name, days = map(escape, head)
    parts = [f'<h1 style="font-size:20px;margin:0 0 2px">{name}</h1>', f"<p {SOFT}>{days}</p>"]
    if not digest.figures["visits"].value:
        parts.append(f"<p>{escape(words['nothing'])}</p>")
    else:
        cells = "".join(_cell(one, digest.figures[one], words) for one in FIGURES)
        parts.append(f'<table role="presentation" width="100%">{cells}</table>')
        for title, rows in _tables(digest, words):
            told = "".join(
                f'<tr><td style="padding:3px 0;word-break:break-word">{escape(value)}</td>'
                f'<td align="right" style="padding:3px 0 3px 12px">{count:,}</td></tr>'
                for value, count in rows
            )
            parts.append(f'<h2 style="font-size:15px;margin:20px 0 4px">{escape(title)}</h2>')
            parts.append(f'<table role="presentation" width="100%">{told}</table>')
    if link:
        parts.append(
            f'<p style="margin:24px 0"><a href="{escape(link)}" style="background:#4f4fc9;'
            'color:#ffffff;padding:9px 16px;border-radius:6px;text-decoration:none">'
            f"{escape(words['look'])}</a></p>"
        )
    why = escape(words["why"].format(site=head[0]))
    parts.append(f'<p style="color:#6a6a75;font-size:13px;margin:24px 0 0">{why}</p>')
    body = "\n".join(parts)
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"></head>'
        '<body style="margin:0;padding:24px 12px;background:#f6f6f8;color:#1c1c21;'
        'font:15px/1.5 -apple-system,Segoe UI,Roboto,sans-serif">'
        '<div style="max-width:520px;margin:0 auto;background:#ffffff;border:1px solid #e4e4ea;'
        f'border-radius:10px;padding:24px">\n{body}\n</div></body></html>\n'
    )


SOFT = 'style="color:#6a6a75;font-size:13px;margin:0 0 16px"'


def _cell(name: str, figure: Figure, words: dict[str, str]) -> str:
    change = _change(figure)
    return (
        f'<tr><td style="padding:4px 0">{escape(words[name])}</td>'
        f'<td align="right" style="padding:4px 0;font-weight:600">{_told(name, figure, words)}</td>'
        f'<td align="right" width="70" style="padding:4px 0;color:#6a6a75">{change}</td></tr>'
    )


def _tables(digest: Digest, words: dict[str, str]) -> list[tuple[str, list[tuple[str, int]]]]:
    tables = [
        (words[kind], [(_name(kind, row, words), row.visitors) for row in rows])
        for kind, rows in digest.lists.items()
        if rows
    ]
    return [*tables, (words["goals"], digest.goals)] if digest.goals else tables


def _name(kind: str, row: Row, words: dict[str, str]) -> str:
    if kind == "source" and row.name == DIRECT:
        return words["direct"]
    return _plain(row.name or "") or words["unknown"]


def _plain(text: str) -> str:
    """A stranger's text as one line, and no more of it than a line has room for."""
    line = " ".join(text.split())
    return "".join(filter(str.isprintable, line))[:LONGEST_NAME]


def _told(name: str, figure: Figure, words: dict[str, str]) -> str:
    if figure.value is None:
        return "-"
    if name == "bounce_rate":
        return f"{figure.value:.1f}".removesuffix(".0") + "%"
    return _time(figure.value, words) if name == "visit_duration" else _number(figure.value)


def _number(value: float | None) -> str:
    return f"{round(value or 0):,}"


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
        return _day(first, language)
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.month == last.month:
        month = MONTHS.split()[first.month - 1]
        english = language is Language.ENGLISH
        return f"{month} {first.year}" if english else f"{first.year}년 {first.month}월"
    return f"{_day(first, language)} - {_day(last, language)}"


def _day(day: date, language: Language) -> str:
    if language is Language.KOREAN:
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{MONTHS.split()[day.month - 1][:3]} {day.day}, {day.year}"
