"""A letter's sheet: the same as plain text and as a page that mail programs can show."""

from collections.abc import Mapping
from datetime import date
from html import escape

from msgspec import Struct

from liveinsight.domain.digest import Row
from liveinsight.domain.letter import Language
from liveinsight.domain.site import Site

WORDS = {
    Language.ENGLISH: {
        "page": "Pages",
        "source": "Sources",
        "country": "Countries",
        "direct": "Direct",
        "unknown": "Unknown",
        "look": "Open the dashboard",
        "why": "You get this because somebody who manages {site} asked for it; they can end it in"
        " its settings.",
    },
    Language.KOREAN: {
        "page": "페이지",
        "source": "유입 경로",
        "country": "국가",
        "direct": "직접 유입",
        "unknown": "알 수 없음",
        "look": "대시보드 열기",
        "why": "{site} 관리자가 요청하여 보내는 메일입니다. 사이트 설정에서 중단할 수 있습니다.",
    },
}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DIRECT = "Direct"
LONGEST_NAME = 100
SOFT = 'style="color:#6a6a75;font-size:13px;margin:0 0 16px"'

Table = tuple[str, list[tuple[str, int]]]  # its title, and how many of what


class Line(Struct, frozen=True):
    """A number by its name, and how it changed, where that is known."""

    name: str
    value: str
    change: str = ""


class Sheet(Struct, frozen=True, kw_only=True):
    """What stands on it, from above."""

    site: str
    about: str
    says: str = ""
    figures: tuple[Line, ...] = ()
    than: str = ""  # how a change is told in plain text, where no column says it
    tables: tuple[Table, ...] = ()
    link: str = ""
    language: Language

    def text(self) -> str:
        """As plain text."""
        words = WORDS[self.language]
        lines = [f"{self.site}, {self.about}", ""]
        if self.says:
            lines.append(self.says)
        for figure in self.figures:
            change = f"  ({self.than.format(change=figure.change)})" if figure.change else ""
            lines.append(f"{figure.name}: {figure.value}{change}")
        for title, counts in self.tables:
            lines += ["", f"{title}:", *(f"  {count:>7,}  {name}" for name, count in counts)]
        lines.append("")
        if self.link:
            lines += [f"{words['look']}: {self.link}", ""]
        return "\n".join([*lines, words["why"].format(site=self.site)]) + "\n"

    def page(self) -> str:
        """As HTML."""
        words = WORDS[self.language]
        parts = [
            f'<h1 style="font-size:20px;margin:0 0 2px">{escape(self.site)}</h1>',
            f"<p {SOFT}>{escape(self.about)}</p>",
        ]
        if self.says:
            parts.append(f"<p>{escape(self.says)}</p>")
        if self.figures:
            parts.append(_table("".join(map(_line, self.figures))))
        for title, counts in self.tables:
            parts.append(f'<h2 style="font-size:15px;margin:20px 0 4px">{escape(title)}</h2>')
            parts.append(_table("".join(_count(*row) for row in counts)))
        if self.link:
            parts.append(
                f'<p style="margin:24px 0"><a href="{escape(self.link)}" style="background:#4f4fc9;'
                'color:#ffffff;padding:9px 16px;border-radius:6px;text-decoration:none">'
                f"{escape(words['look'])}</a></p>"
            )
        why = escape(words["why"].format(site=self.site))
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


def name_of(site: Site) -> str:
    """What people call a site."""
    return next(iter(site.domains), site.id)


def tables_of(lists: Mapping[str, list[Row]], language: Language) -> tuple[Table, ...]:
    """Lists by their dimensions, as tables; empty ones are none."""
    words = WORDS[language]
    return tuple(
        (words[kind], [(_name(kind, row, words), row.visitors) for row in rows])
        for kind, rows in lists.items()
        if rows
    )


def _name(kind: str, row: Row, words: dict[str, str]) -> str:
    if kind == "source" and row.name == DIRECT:
        return words["direct"]
    return _plain(row.name or "") or words["unknown"]


def link_to(base_url: str, query: str) -> str:
    """An address of the dashboard, where its own is known."""
    return f"{base_url.rstrip('/')}/?{query}" if base_url else ""


def _plain(text: str) -> str:
    """A stranger's text as one line, and no more of it than a line has room for."""
    line = " ".join(text.split())
    return "".join(filter(str.isprintable, line))[:LONGEST_NAME]


def day_of(day: date, language: Language) -> str:
    """A day as people write it."""
    if language is Language.KOREAN:
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def number(value: float | None) -> str:
    """A whole number as people write it."""
    return f"{round(value or 0):,}"


def _table(rows: str) -> str:
    return f'<table role="presentation" width="100%">{rows}</table>'


def _line(figure: Line) -> str:
    return (
        f'<tr><td style="padding:4px 0">{escape(figure.name)}</td>'
        f'<td align="right" style="padding:4px 0;font-weight:600">{escape(figure.value)}</td>'
        f'<td align="right" width="70" style="padding:4px 0;color:#6a6a75">{escape(figure.change)}</td></tr>'
    )


def _count(name: str, count: int) -> str:
    return (
        f'<tr><td style="padding:3px 0;word-break:break-word">{escape(name)}</td>'
        f'<td align="right" style="padding:3px 0 3px 12px">{count:,}</td></tr>'
    )
