"""Devices and programs, as far as the user agent's own words go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.agent import Device, device_of, is_automatic

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (Device.DESKTOP, "Windows NT 10.0; Win64; x64"),
        (Device.DESKTOP, "Windows NT 6.1; Tablet PC 2.0"),
        (Device.DESKTOP, "X11; CrOS x86_64 14541.0.0"),
        (Device.MOBILE, "Linux; Android 10; K) Mobile"),
        (Device.TABLET, "Linux; Android 10; K"),
        (Device.TABLET, "iPad; CPU OS 17_7 like Mac OS X) Mobile"),
        (Device.MOBILE, "iPhone; CPU iPhone OS 18_6 like Mac OS X"),
        (Device.OTHER, "Linux; Android 12; BRAVIA 4K"),
        (Device.OTHER, "Linux; Android 11; Chromecast) CrKey/1.56 Mobile"),
        (Device.OTHER, "something new"),
    ],
)
def test_devices(device, words):
    """Android without Mobile is a tablet; televisions and what is unknown are others."""
    assert device_of(f"Mozilla/5.0 ({words}) {CHROME}") == device


@pytest.mark.parametrize("sent", ["", " ", "-", "Mozilla"])
def test_no_agent(sent):
    """Who sends no user agent, or no real one, is no person."""
    assert is_automatic(sent)


def test_headless():
    """A browser without a head says so."""
    sent = f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}"
    assert not is_automatic(sent)
    assert is_automatic(sent.replace("Chrome", "HeadlessChrome"))


def test_brands():
    """A browser that hides its head from the user agent still names it among its brands."""
    sent = f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}"
    assert is_automatic(sent, '"HeadlessChrome";v="146", "Not.A/Brand";v="99"')
    assert not is_automatic(sent, '"Google Chrome";v="146", "Not.A/Brand";v="99"')


@given(st.text())
def test_any_text(sent):
    """Whatever is sent is judged."""
    assert device_of(sent) in set(Device) - {Device.BOT}
    assert is_automatic(sent) in {True, False}
