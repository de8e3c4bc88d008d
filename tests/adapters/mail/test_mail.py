"""Letters as they are written and sent."""

import ssl
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from liveinsight.adapters.mail import smtp
from liveinsight.adapters.mail.report import written
from liveinsight.adapters.mail.smtp import SmtpPost
from liveinsight.domain.digest import Digest, Figure, Row
from liveinsight.domain.errors import Misconfigured, Unavailable
from liveinsight.domain.letter import Language, Period
from liveinsight.domain.site import Site
from mail_house import letterbox

HERE = ip_address("127.0.0.1")
WEEK = Period(date(2026, 11, 23), date(2026, 11, 29), 0)
SHOP = Site(id="shop", domains=("shop.example",))
FIGURES = {
    "visitors": Figure(1234, 12.5),
    "visits": Figure(1500, -3.0),
    "pageviews": Figure(4000, None),
    "bounce_rate": Figure(41.25, 0.0),
    "visit_duration": Figure(125.4, 1.0),
}


def a_digest(**about):
    told = {
        "site": SHOP,
        "period": WEEK,
        "figures": FIGURES,
        "lists": {
            "page": [Row("/<b>x</b>", 800)],
            "source": [Row("Direct", 700), Row(None, 3)],
            "country": [],
        },
        "goals": [("Sign up & pay", 12)],
    } | about
    return Digest(**told)


def test_a_letter_in_english():
    """Figures with their change, lists, and the way to the dashboard for those very days."""
    subject, text, html = written(a_digest(), Language.ENGLISH, "https://stats.example.com")
    assert subject == "shop.example: 1,234 visitors, Nov 23, 2026 - Nov 29, 2026"
    assert "Visitors: 1,234  (+12.5% against the period before)" in text
    assert "Visits: 1,500  (-3% against the period before)" in text
    assert "Pageviews: 4,000\n" in text
    assert "Bounce rate: 41.2%" in text
    assert "Visit duration: 2m 5s" in text
    assert "    800  /<b>x</b>" in text
    assert "Countries" not in text
    assert "     12  Sign up & pay" in text
    link = "https://stats.example.com/?site=shop&range=2026-11-23..2026-11-29"
    assert link in text
    assert link.replace("&", "&amp;") in html
    assert "/&lt;b&gt;x&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "Sign up &amp; pay" in html


def test_a_letter_in_korean_and_one_of_nothing():
    """Words of the language; where nobody came that is said."""
    subject, text, _ = written(a_digest(), Language.KOREAN, "")
    assert subject.startswith("shop.example: 1,234 방문자")
    assert "방문 시간: 2분 5초" in text
    assert "직접 유입" in text
    assert "http" not in text
    nothing = {name: Figure(0, None) for name in FIGURES} | {"bounce_rate": Figure(None, None)}
    month = Period(date(2026, 2, 1), date(2026, 2, 28), 0)
    empty = a_digest(figures=nothing, lists={}, goals=[], period=month)
    subject, text, html = written(empty, Language.ENGLISH, "")
    assert subject == "shop.example: 0 visitors, February 2026"
    assert "Nobody came." in text
    assert "Nobody came." in html


def test_a_letter_goes_out_in_both_forms():
    """From whom and to whom it is, and who signed in."""
    with letterbox() as box:
        url = box.url.replace("://", "://me:pass%40word@")
        SmtpPost(url, "LiveInsight <stats@shop.example>").send(
            "a@b.example", "Hé", "text\n", "<p>x</p>"
        )
    (letter,) = box.letters
    assert (letter["From"], letter["To"], letter["Subject"]) == (
        "LiveInsight <stats@shop.example>",
        "a@b.example",
        "Hé",
    )
    text, html = letter.iter_parts()
    told = [part.get_content().strip() for part in (text, html)]
    assert told == ["text", "<p>x</p>"]
    assert letter["Message-ID"].endswith("@shop.example>")
    assert len(box.logins) == 1


def test_what_the_server_says_is_told():
    """A refusal, or that nobody is there."""
    with letterbox("550 no such box") as box, pytest.raises(Unavailable, match="no such box"):
        SmtpPost(box.url, "s@x.example").send("a@b.example", "s", "t", "h")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 says"):
        SmtpPost(box.url, "s@x.example").send("a@b.example", "s", "t", "h")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.example.com", "s@x.example"),
        ("http://mail.example.com", "s@x.example"),
        ("smtp://", "s@x.example"),
        ("smtp://h:port", "s@x.example"),
        ("smtp://h/path", "s@x.example"),
        ("smtp://me:12#34@h", "s@x.example"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(url, sender):
    """By its name."""
    with pytest.raises(Misconfigured, match="SMTP_URL"):
        SmtpPost(url, sender)


@pytest.mark.parametrize("sender", ["", "nobody", "s@x.example\n", "a@x..example"])
def test_a_sender_that_cannot_be_is_refused(sender):
    """By its name, at the start."""
    with pytest.raises(Misconfigured, match="MAIL_FROM"):
        SmtpPost("smtp://h", sender)


def test_nothing_is_sent_in_the_open(monkeypatch):
    """A server elsewhere has to offer TLS."""
    monkeypatch.setattr("liveinsight.adapters.mail.smtp._is_here", lambda _host: False)
    with letterbox() as box, pytest.raises(Unavailable, match="STARTTLS"):
        SmtpPost(box.url, "s@x.example").send("a@b.example", "s", "t", "h")
    assert box.letters == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One of this machine's own name, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    here = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(here, here, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(HERE)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return folder


def test_a_server_that_offers_tls_is_spoken_to_in_it(certificate, monkeypatch):
    """As all mail servers elsewhere do."""
    monkeypatch.setattr(smtp, "_is_here", lambda _host: False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert", certificate / "key")
    with letterbox(tls=tls) as box:
        SmtpPost(box.url, "s@x.example").send("a@b.example", "s", "t", "h")
    assert len(box.letters) == 1


def test_a_letter_that_is_taken_is_sent_whatever_is_said_then():
    """A farewell that is none makes no failure of it."""
    with letterbox() as box:
        box.farewell = "421 closing, too busy"
        SmtpPost(box.url, "s@x.example").send("a@b.example", "s", "t", "h")
    assert len(box.letters) == 1


def test_a_strangers_text_is_one_line_of_a_letter():
    """Whatever it looks like."""
    evil = "Google\n\nYour account is blocked:\u202e https://evil.example" + "x" * 200
    _, text, _ = written(
        a_digest(lists={"source": [Row(evil, 1)]}), Language.ENGLISH, "https://stats.example/"
    )
    assert "      1  Google Your account is blocked: https://evil.example" in text
    assert max(map(len, text.splitlines())) < 140
    assert "https://stats.example/?site" in text
