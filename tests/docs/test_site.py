"""The documents as a site: every page is there, and no link within it leads to nothing."""

import importlib.util
import re

import pytest

from documents import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("pages", ROOT / "scripts" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out = tmp_path_factory.mktemp("site")
    module.Writer(out).write()
    return out


def test_links_within_it_lead_somewhere(site):
    """To a page, and to a heading that is on it."""
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    assert len(pages) > 25
    dead = []
    for path, text in pages.items():
        for href in re.findall(r'<(?:a|link)[^>]* href="([^"]*)"', text):
            if re.match(r"\w+:", href) or href == "#":
                continue
            name, _, anchor = href.partition("#")
            target = (path.parent / name).resolve() if name else path
            is_there = target in pages or target.name == "style.css"
            if not is_there or (anchor and f'id="{anchor}"' not in pages.get(target, "")):
                dead.append((path.name, href))
    assert dead == []


def test_every_document_is_a_page(site):
    """With its title, its words, and no markup that came through as text."""
    for source in (ROOT / "docs").glob("*.md"):
        text = (site / "docs" / f"{source.stem}.html").read_text("utf-8")
        assert "<h1" in text
        assert "<script" not in text
        assert "\n| " not in text.partition("<main>")[2].replace("<pre>", "\0").split("\0")[0]
