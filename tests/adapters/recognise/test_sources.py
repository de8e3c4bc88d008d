"""Real referrers and campaigns, and the source and channel that they must give."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.adapters.recognise import sources
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.domain.channel import Channel
from liveinsight.domain.source import Campaign, Origin

OWN = ("shop.example",)
SOURCES = KnownSources()
TABLE = Path(sources.__file__).with_name("sources.toml")

REFERRERS = [
    ("Google", Channel.ORGANIC_SEARCH, "https://www.google.com/"),
    ("Google", Channel.ORGANIC_SEARCH, "https://www.google.co.kr/search?q=shop"),
    ("Google", Channel.ORGANIC_SEARCH, "https://google.de"),
    ("Google", Channel.ORGANIC_SEARCH, "https://images.google.com.br/"),
    (
        "Google",
        Channel.ORGANIC_SEARCH,
        "android-app://com.google.android.googlequicksearchbox/https/www.google.com",
    ),
    ("Bing", Channel.ORGANIC_SEARCH, "https://www.bing.com/search?q=a"),
    ("Bing", Channel.ORGANIC_SEARCH, "https://cn.bing.com/"),
    ("Naver", Channel.ORGANIC_SEARCH, "https://search.naver.com/search.naver?query=a"),
    ("Naver", Channel.ORGANIC_SEARCH, "https://m.search.naver.com/"),
    ("Naver", Channel.ORGANIC_SEARCH, "https://m.naver.com/"),
    ("Daum", Channel.ORGANIC_SEARCH, "https://search.daum.net/search?q=a"),
    ("ZUM", Channel.ORGANIC_SEARCH, "https://search.zum.com/search.zum?query=a"),
    ("Yahoo!", Channel.ORGANIC_SEARCH, "https://kr.search.yahoo.com/"),
    ("Yahoo!", Channel.ORGANIC_SEARCH, "https://search.yahoo.co.jp/search"),
    ("DuckDuckGo", Channel.ORGANIC_SEARCH, "https://duckduckgo.com/"),
    ("Yandex", Channel.ORGANIC_SEARCH, "https://yandex.com.tr/search/"),
    ("Yandex", Channel.ORGANIC_SEARCH, "https://ya.ru/"),
    ("Baidu", Channel.ORGANIC_SEARCH, "https://m.baidu.com/s?word=a"),
    ("Ecosia", Channel.ORGANIC_SEARCH, "https://www.ecosia.org/"),
    ("Brave Search", Channel.ORGANIC_SEARCH, "https://search.brave.com/"),
    ("Kagi", Channel.ORGANIC_SEARCH, "https://kagi.com/"),
    ("Facebook", Channel.ORGANIC_SOCIAL, "https://l.facebook.com/l.php?u=a"),
    ("Facebook", Channel.ORGANIC_SOCIAL, "http://m.facebook.com/"),
    ("Facebook", Channel.ORGANIC_SOCIAL, "android-app://com.facebook.katana/"),
    ("Instagram", Channel.ORGANIC_SOCIAL, "https://l.instagram.com/?u=a"),
    ("Threads", Channel.ORGANIC_SOCIAL, "https://l.threads.com/"),
    ("X", Channel.ORGANIC_SOCIAL, "https://t.co/abc"),
    ("X", Channel.ORGANIC_SOCIAL, "https://x.com/someone/status/1"),
    ("X", Channel.ORGANIC_SOCIAL, "android-app://com.twitter.android"),
    ("Bluesky", Channel.ORGANIC_SOCIAL, "https://go.bsky.app/"),
    ("Mastodon", Channel.ORGANIC_SOCIAL, "https://mastodon.social/"),
    ("KakaoTalk", Channel.ORGANIC_SOCIAL, "https://pf.kakao.com/_abc"),
    ("KakaoStory", Channel.ORGANIC_SOCIAL, "https://story.kakao.com/"),
    ("Band", Channel.ORGANIC_SOCIAL, "https://www.band.us/"),
    ("Naver Blog", Channel.ORGANIC_SOCIAL, "https://blog.naver.com/a/1"),
    ("Naver Cafe", Channel.ORGANIC_SOCIAL, "https://m.cafe.naver.com/ca-fe/web/a"),
    ("Tistory", Channel.ORGANIC_SOCIAL, "https://someone.tistory.com/12"),
    ("LinkedIn", Channel.ORGANIC_SOCIAL, "https://lnkd.in/abc"),
    ("Reddit", Channel.ORGANIC_SOCIAL, "https://old.reddit.com/r/python"),
    ("Pinterest", Channel.ORGANIC_SOCIAL, "https://www.pinterest.co.kr/"),
    ("Telegram", Channel.ORGANIC_SOCIAL, "https://web.telegram.org/"),
    ("Hacker News", Channel.ORGANIC_SOCIAL, "https://news.ycombinator.com/item?id=1"),
    ("Weibo", Channel.ORGANIC_SOCIAL, "https://weibo.com/"),
    ("ChatGPT", Channel.AI_ASSISTANT, "https://chatgpt.com/"),
    ("ChatGPT", Channel.AI_ASSISTANT, "https://chat.openai.com/c/1"),
    ("Claude", Channel.AI_ASSISTANT, "https://claude.ai/"),
    ("Perplexity", Channel.AI_ASSISTANT, "https://www.perplexity.ai/search/a"),
    ("Gemini", Channel.AI_ASSISTANT, "https://gemini.google.com/app"),
    ("Copilot", Channel.AI_ASSISTANT, "https://copilot.microsoft.com/"),
    ("DeepSeek", Channel.AI_ASSISTANT, "https://chat.deepseek.com/"),
    ("Gmail", Channel.EMAIL, "https://mail.google.com/mail/u/0/"),
    ("Gmail", Channel.EMAIL, "android-app://com.google.android.gm/"),
    ("Outlook", Channel.EMAIL, "https://outlook.live.com/"),
    ("Naver Mail", Channel.EMAIL, "https://mail.naver.com/"),
    ("YouTube", Channel.VIDEO, "https://www.youtube.com/watch?v=a"),
    ("Twitch", Channel.VIDEO, "https://www.twitch.tv/a"),
    ("CHZZK", Channel.VIDEO, "https://chzzk.naver.com/live/a"),
    ("Google Docs", Channel.REFERRAL, "https://docs.google.com/document/d/1"),
    ("Naver KiN", Channel.REFERRAL, "https://kin.naver.com/qna/detail.naver?d1id=1"),
    ("GitHub", Channel.REFERRAL, "https://github.com/a/b"),
    ("Wikipedia", Channel.REFERRAL, "https://ko.wikipedia.org/wiki/a"),
    ("news.example", Channel.REFERRAL, "https://www.news.example/a/b/"),
    ("192.0.2.7", Channel.REFERRAL, "http://192.0.2.7:8080/a"),
    ("com.some.reader", Channel.REFERRAL, "android-app://com.some.reader/"),
    ("google.evil.example", Channel.REFERRAL, "https://google.evil.example/"),
    ("notgoogle.com", Channel.REFERRAL, "https://notgoogle.com/"),
    ("Direct", Channel.DIRECT, ""),
    ("Direct", Channel.DIRECT, None),
    ("Direct", Channel.DIRECT, "https://shop.example/a"),
    ("Direct", Channel.DIRECT, "https://www.shop.example/a"),
    ("Direct", Channel.DIRECT, "https://blog.shop.example/a"),
    ("Direct", Channel.DIRECT, "http://localhost:3000/"),
    ("Direct", Channel.DIRECT, "about:blank"),
    ("Direct", Channel.DIRECT, "javascript:alert(1)"),
    ("Direct", Channel.DIRECT, "/a/b"),
    ("Direct", Channel.DIRECT, "null"),
]
CAMPAIGNS = [
    ("Instagram", Channel.ORGANIC_SOCIAL, Campaign(source="ig")),
    ("Instagram", Channel.PAID_SOCIAL, Campaign(source="IG", medium="paid_social")),
    ("Facebook", Channel.PAID_SOCIAL, Campaign(source="fb", medium="cpm")),
    ("Google", Channel.PAID_SEARCH, Campaign(source="google", medium="cpc")),
    ("Google", Channel.PAID_SEARCH, Campaign(source="Google", click_id="gclid")),
    ("Naver", Channel.PAID_SEARCH, Campaign(source="naver", medium="CPC")),
    ("Direct", Channel.PAID_SEARCH, Campaign(click_id="msclkid")),
    ("Direct", Channel.PAID_SOCIAL, Campaign(click_id="ttclid")),
    ("Direct", Channel.ORGANIC_SOCIAL, Campaign(click_id="fbclid")),
    ("ChatGPT", Channel.AI_ASSISTANT, Campaign(source="chatgpt.com")),
    ("Perplexity", Channel.AI_ASSISTANT, Campaign(source="www.perplexity.ai")),
    ("KakaoTalk", Channel.ORGANIC_SOCIAL, Campaign(source="kakao", medium="message")),
    ("May letter", Channel.EMAIL, Campaign(source="May letter", medium="Email")),
    ("newsletter", Channel.EMAIL, Campaign(source="newsletter")),
    ("Mailchimp", Channel.EMAIL, Campaign(source="mailchimp")),
    ("partner1", Channel.AFFILIATE, Campaign(source="partner1", medium="affiliate")),
    ("adnet", Channel.DISPLAY, Campaign(source="adnet", medium="banner")),
    ("YouTube", Channel.VIDEO, Campaign(source="yt", medium="cpv")),
    ("GitHub", Channel.REFERRAL, Campaign(source="github", medium="readme")),
    ("leaflet", Channel.OTHER, Campaign(source="leaflet", medium="qr")),
    ("spring", Channel.CAMPAIGN, Campaign(source="spring", name="sale")),
    ("Direct", Channel.CAMPAIGN, Campaign(name="sale")),
]


@pytest.mark.parametrize(("source", "channel", "referrer"), REFERRERS)
def test_referrers(source, channel, referrer):
    """A referrer alone tells source and channel."""
    origin = SOURCES.read(referrer, Campaign(), OWN)
    assert (origin.source, origin.channel) == (source, channel)


@pytest.mark.parametrize(("source", "channel", "campaign"), CAMPAIGNS)
def test_campaigns(source, channel, campaign):
    """A campaign alone tells source and channel, by its known name without regard to case."""
    origin = SOURCES.read(None, campaign, OWN)
    assert (origin.source, origin.channel) == (source, channel)


def test_the_campaign_names_the_source():
    """Where both are told the campaign is the source, and a known referrer helps the channel."""
    origin = SOURCES.read("https://www.google.com/", Campaign(source="spring", medium="cpc"), OWN)
    assert origin == Origin("spring", Channel.PAID_SEARCH, "google.com")


@pytest.mark.parametrize(
    ("referrer", "is_spam"),
    [
        ("http://semalt.com/crawler?u=a", True),
        ("http://www.semalt.com/", True),
        ("http://12.semalt.com/", True),
        ("http://cookie-law-enforcement-aa.xyz/", True),
        ("http://site7.free-share-buttons.com/", True),
        ("http://notsemalt.com/", False),
        ("http://semalt.com.example/", False),
        ("https://www.google.com/", False),
    ],
)
def test_referrer_spam(referrer, is_spam):
    """Hosts on the list, and what lies under them, are spam; names that only look alike are not."""
    assert SOURCES.read(referrer, Campaign(), OWN).is_spam is is_spam


def test_own_spam_is_none():
    """A site that is on the list of spam can still measure itself."""
    origin = SOURCES.read("https://semalt.com/a", Campaign(), ("semalt.com",))
    assert origin == Origin("Direct", Channel.DIRECT, None)


@pytest.mark.parametrize("own", [(), ("shop.example",), ("other.example",)])
def test_own_hosts_are_part_of_the_question(own):
    """What is remembered for one site is not told to another."""
    SOURCES.read("https://shop.example/a", Campaign(), ("third.example",))
    expected = "Direct" if own == ("shop.example",) else "shop.example"
    assert SOURCES.read("https://shop.example/a", Campaign(), own).source == expected


def test_the_table_says_each_thing_once():
    """No host or alias stands for two sources, where the later would silently win."""
    said: dict[str, str] = {}
    for kind in tomllib.loads(TABLE.read_text(encoding="utf-8")).values():
        for name, signs in kind.items():
            assert signs
            for sign in [*signs, name.casefold()]:
                assert said.setdefault(sign, name) == name
                assert sign == sign.casefold()


@given(referrer=st.text() | st.from_regex(r"(https?://|android-app://)?[\w.-]+(/\w*)*(\?.*)?"))
def test_any_referrer_is_read(referrer):
    """Whatever is sent, an answer is given, and source and channel are told."""
    origin = SOURCES.read(referrer, Campaign(), OWN)
    assert origin.source
    assert origin.channel in set(Channel)
    assert (origin.referrer is None) == (origin.source == "Direct")
