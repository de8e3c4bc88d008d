"""Addresses as they are counted, and that no address, however odd, is more than refused."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from liveinsight.domain.errors import Invalid
from liveinsight.domain.page import CLICK_IDS, Page, clean, page_of
from liveinsight.domain.source import Campaign

HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z]{2,5}){1,2}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("url", "hostname", "path"),
    [
        ("https://shop.example", "shop.example", "/"),
        ("https://Shop.Example:8443/A/b/", "shop.example", "/A/b"),
        ("http://shop.example./", "shop.example", "/"),
        ("https://user:secret@shop.example/a", "shop.example", "/a"),
        ("https://shop.example//", "shop.example", "/"),
        ("https://shop.example/%EA%B8%80?a=1#top", "shop.example", "/글"),
        ("https://shop.example/a%00b%0A%C2%85c", "shop.example", "/abc"),
        ("https://shop.example/%FF", "shop.example", "/\ufffd"),
        ("http://[2001:db8::1]/a", "2001:db8::1", "/a"),
        ("http://localhost:3000/a", "localhost", "/a"),
    ],
)
def test_what_is_counted(url, hostname, path):
    """Host without port or user, path decoded, without closing slash, query and controls."""
    page = page_of(url)
    assert (page.hostname, page.path) == (hostname, path)


NO_PAGES = [
    "",
    "shop.example/a",
    "/a",
    "ftp://shop.example/",
    "file:///a",
    "https://",
    "https:///a",
]
NO_PAGES += ["https://[::1/", "https://a b/", "https://<b>.example/", "https://%00/", "https://./"]


@pytest.mark.parametrize("url", NO_PAGES)
def test_what_is_no_page(url):
    """What has no http(s) scheme or no real host is refused by the field's name."""
    with pytest.raises(Invalid, match=r"page_url: "):
        page_of(url)


@given(
    st.text() | st.text().map("https://{}".format) | st.text().map("https://a.example/{}".format)
)
def test_any_text_is_read_or_refused(url):
    """Whatever is sent there is a page fit to be shown and kept, or a refusal."""
    try:
        page = page_of(url, allowed_params=("q",))
    except Invalid:
        reject()
    assert page.hostname
    assert page.path.startswith("/")
    assert clean(page.path) == page.path


@given(HOSTS, st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1), max_size=4))
def test_quoting_comes_back(hostname, folders):
    """What a browser quotes is counted as people wrote it."""
    written = "/" + "/".join(folders)
    expected = written.rstrip("/") or "/"
    assert page_of(f"https://{hostname}{quote(written)}") == Page(hostname, expected, Campaign())


@given(HOSTS, st.dictionaries(NAMES, TEXTS))
def test_the_query_is_dropped_but_for_the_allowed(hostname, query):
    """Only allowed parameters stay, in the site's own order."""
    url = f"https://{hostname}/a?{urlencode(query)}"
    assert page_of(url).path == "/a"
    allowed = tuple(sorted(name for name, value in query.items() if value))
    kept = "&".join(f"{name}={clean(query[name])}" for name in allowed)
    assert page_of(url, allowed).path == (f"/a?{kept}" if kept else "/a")


@given(TEXTS, TEXTS, st.sampled_from([None, *CLICK_IDS]))
def test_campaigns(source, medium, click_id):
    """A campaign's texts come back clean and cut; blank ones are none."""
    query = {"utm_source": source, "utm_medium": medium} | ({click_id: "x"} if click_id else {})
    expected = Campaign(
        source=clean(source).strip() or None,
        medium=clean(medium).strip() or None,
        click_id=click_id,
    )
    assert page_of(f"https://shop.example/?{urlencode(query)}").campaign == expected


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("utm_source=a&ref=b&source=c", "a"),
        ("source=c&ref=b", "b"),
        ("source=c", "c"),
        ("utm_source=%20&ref=b", "b"),
        ("utm_source=a&utm_source=b", "a"),
        ("utm_source=" + "x" * 600, "x" * 500),
        ("x=1&" * 199 + "ref=b", "b"),
        ("x=1&" * 200 + "ref=b", None),
    ],
)
def test_which_source_counts(query, source):
    """utm_source before ref before source, the first of its name, within the first 200."""
    assert page_of(f"https://shop.example/?{query}").campaign.source == source


@given(st.text())
def test_clean_text(text):
    """Clean text can be kept as UTF-8, has no controls, and is as clean as it gets."""
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in cleaned)
    assert clean(cleaned) == cleaned
    assert cleaned == text or not text.isprintable()
