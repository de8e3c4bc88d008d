"""Referrers as they are kept, and what follows from campaign and referrer together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.channel import Channel, Kind
from liveinsight.domain.source import (
    NOWHERE,
    REFERRER_CHARACTERS,
    Campaign,
    Known,
    Origin,
    is_under,
    origin_of,
    referrer_of,
)


class TwoNames:
    """A world with one search engine and one spammer."""

    def of_tag(self, tag):
        return Known("Search", Kind.SEARCH) if tag == "s" else None

    def of_host(self, host):
        return Known("Search", Kind.SEARCH) if host == "search.example" else None

    def is_spam(self, host):
        return host == "spam.example"


NAMES = TwoNames()
HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z]{2,5}){1,3}", fullmatch=True)
TEXTS = st.none() | st.text(max_size=20)
CAMPAIGNS = st.builds(Campaign, *[TEXTS] * 5, st.sampled_from([None, "gclid", "fbclid", "ttclid"]))
REFERRERS = st.none() | st.text() | HOSTS.map("https://{}/a/b?c=d".format)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://www.news.example/a/b/?q=1#top", "news.example/a/b"),
        ("HTTP://News.Example", "news.example"),
        ("https://user:secret@news.example:8443/a", "news.example/a"),
        ("news.example/a", "news.example/a"),
        ("news.example:8080", "news.example"),
        ("  https://news.example/  ", "news.example"),
        ("android-app://com.reader/", "android-app://com.reader"),
        (
            "android-app://com.reader/https/news.example",
            "android-app://com.reader/https/news.example",
        ),
        ("https://블로그.example/글", "블로그.example/글"),
        ("http://intranet/wiki", "intranet/wiki"),
        ("http://[2001:db8::1]/a", "[2001:db8::1]/a"),
        ("https://www.com/", "www.com"),
        ("ftp://news.example/", None),
        ("javascript:alert(1)", None),
        ("about:blank", None),
        ("data:text/html,a", None),
        ("(direct)", None),
        ("null", None),
        ("/a/b", None),
        ("https://", None),
        ("https://[news.example/", None),
        ("https://a b.example/", None),
        ("https://<script>.example/", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_kept_of_a_referrer(sent, kept):
    """Host and path are kept, without scheme, www., port, user, query and closing slash."""
    found = referrer_of(sent)
    assert (found.text if found else None) == kept


@given(REFERRERS)
def test_reading_again_changes_nothing(sent):
    """What was kept reads as itself, so that exports can be imported."""
    if found := referrer_of(sent):
        assert referrer_of(found.text) == found


@given(st.text(min_size=REFERRER_CHARACTERS, max_size=REFERRER_CHARACTERS + 5))
def test_long_referrers_are_cut(tail):
    """No more than 2048 characters are looked at, and nothing unprintable is kept."""
    found = referrer_of("https://news.example/" + tail)
    if found:
        assert len(found.text) <= REFERRER_CHARACTERS
        assert found.text.isprintable()


@given(HOSTS, HOSTS)
def test_own_hosts(own, host):
    """A host is under itself, with and without www., and what ends alike isn't under it."""
    assert is_under(own, (own,))
    assert is_under(f"a.{own}", (host, f"www.{own}"))
    assert not is_under(f"a{own}", (own,))


@given(HOSTS, CAMPAIGNS)
def test_own_referrers_are_none(own, campaign):
    """A visit from the site itself is as one without any referrer."""
    own_page = f"https://blog.{own}/a"
    assert origin_of(own_page, campaign, (own,), NAMES) == origin_of(None, campaign, (), NAMES)


@given(REFERRERS, CAMPAIGNS)
def test_every_visit_has_a_source_and_a_channel(referrer, campaign):
    """Source is told, channel is of the list, and only visits from nowhere are Direct."""
    origin = origin_of(referrer, campaign, (), NAMES)
    assert origin.source
    assert origin.channel in set(Channel)
    if origin.channel == Channel.DIRECT:
        assert origin == NOWHERE


@given(REFERRERS, CAMPAIGNS)
def test_the_campaign_goes_first(referrer, campaign):
    """Whatever the referrer, the campaign's source is the source."""
    if campaign.source:
        expected = "Search" if campaign.source == "s" else campaign.source
        assert origin_of(referrer, campaign, (), NAMES).source == expected


def test_known_and_unknown_hosts():
    """A known host goes by its name, another by itself, and spam is told."""
    pages = ["https://www.search.example/q", "https://www.news.example/", "http://spam.example/a"]
    assert [origin_of(page, Campaign(), (), NAMES) for page in pages] == [
        Origin("Search", Channel.ORGANIC_SEARCH, "search.example/q"),
        Origin("news.example", Channel.REFERRAL, "news.example"),
        Origin("spam.example", Channel.REFERRAL, "spam.example/a", is_spam=True),
    ]
