"""The documents as a small static site: `python scripts/pages.py [OUT]`, by default `build/site`.

Plain pages with one style sheet and no script; links between documents become links between
pages. Markdown is read by the parser that the command line's own output brings along.
"""

import re
import shutil
import sys
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
OUT = ROOT / "build" / "site"
FRONT = ("README.md", "README.ko.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
ORDER = (
    *("install", "tracker", "recipes", "cli", "settings", "api", "query", "glossary"),
    *("recognition", "privacy", "security", "backups", "performance", "relations"),
    *("architecture", "aws", "run-aws", "operations", "cost"),
)
STYLE = """
:root { color-scheme: light dark; --line: #8884; --link: light-dark(#0550ae, #79b8ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; display: grid;
  grid-template-columns: minmax(11rem, 15rem) minmax(0, 46rem); gap: 2rem; padding: 1.5rem; }
nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem);
  overflow: auto; }
nav a { display: block; padding: .15rem 0; } nav a[aria-current] { font-weight: 700; }
a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
h1, h2, h3 { line-height: 1.25; } h2 { border-top: 1px solid var(--line); padding-top: 1rem; }
pre, table { overflow-x: auto; display: block; }
pre { padding: .8rem; border: 1px solid var(--line); border-radius: 6px; font-size: .9em; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem;
  border-bottom: 1px solid var(--line); }
blockquote { margin: 0; padding-left: 1rem; border-left: 3px solid var(--line); }
img { max-width: 100%; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; max-height: none; } }
"""
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · LiveInsight</title>
<link rel="stylesheet" href="{up}style.css">
<nav aria-label="Pages">{menu}</nav>
<main>
{body}</main>
</html>
"""


def sources() -> list[Path]:
    """What becomes a page: the front matter, docs in their order, then decisions."""
    front = [ROOT / name for name in FRONT if (ROOT / name).exists()]
    docs = sorted(
        (ROOT / "docs").glob("*.md"),
        key=lambda path: (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER), path.stem),
    )
    return [front[0], *docs, *front[1:], *sorted((ROOT / "docs" / "adr").glob("*.md"))]


def page_of(source: Path) -> Path:
    """Where a document's page lies within the site."""
    path = source.relative_to(ROOT)
    if path.name == "README.md":
        return path.with_name("index.html")
    return path.with_suffix(".html")


def title_of(text: str) -> str:
    """Its first heading."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].replace("`", "") if found else "LiveInsight"


class Writer:
    """Turns documents into pages."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._sources = sources()
        self._titles = {path: title_of(path.read_text("utf-8")) for path in self._sources}
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable(["table"])

    def write(self) -> int:
        """All pages and what they show; how many pages."""
        shutil.rmtree(self._out, ignore_errors=True)
        for source in self._sources:
            target = self._out / page_of(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._page(source), encoding="utf-8")
        (self._out / "style.css").write_text(STYLE.lstrip(), encoding="utf-8")
        for image in (ROOT / "docs" / "pictures").iterdir():
            target = self._out / image.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(image, target)
        return len(self._sources)

    def _page(self, source: Path) -> str:
        tokens = self._markdown.parse(source.read_text("utf-8"))
        for token in tokens:
            self._mend(token, source)
        self._name_headings(tokens)
        up = "../" * (len(page_of(source).parts) - 1)
        return PAGE.format(
            language="ko" if source.name.endswith(".ko.md") else "en",
            title=escape(self._titles[source]),
            up=up,
            menu=self._menu(source, up),
            body=self._markdown.renderer.render(tokens, self._markdown.options, {}),
        )

    def _menu(self, here: Path, up: str) -> str:
        rows = []
        for source in self._sources:
            current = ' aria-current="page"' if source == here else ""
            href = f"{up}{page_of(source).as_posix()}"
            rows.append(f'<a href="{href}"{current}>{escape(self._titles[source])}</a>')
        return "".join(rows)

    def _mend(self, token: Token, source: Path) -> None:
        """Links to documents are links to pages; to other files of the repository they stay words."""
        for child in token.children or ():
            self._mend(child, source)
        href = token.attrs.get("href")
        if token.type != "link_open" or not isinstance(href, str) or re.match(r"\w+:|#", href):
            return
        path, _, anchor = href.partition("#")
        target = (source.parent / path).resolve()
        if target.is_dir() and (found := sorted(target.glob("*.md"))):
            target = found[0]
        if target in self._sources:
            depth = len(page_of(source).parts) - 1
            href = "../" * depth + page_of(target).as_posix() + (f"#{anchor}" if anchor else "")
            token.attrSet("href", href)
        else:
            token.attrSet("href", "#")
            token.attrSet("title", f"{path} in the repository")

    @staticmethod
    def _name_headings(tokens: list[Token]) -> None:
        for token, inline in pairwise(tokens):
            if token.type == "heading_open":
                words = re.sub(r"[^\w\- ]", "", inline.content.lower())
                token.attrSet("id", words.replace(" ", "-"))


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    print(f"{Writer(where).write()} pages in {where}")
