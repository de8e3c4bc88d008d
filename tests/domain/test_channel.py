"""The order of the rules: what wins where two of them hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.channel import RULES, Channel, Kind, Traits, channel_of


@pytest.mark.parametrize(
    ("channel", "traits"),
    [
        (Channel.DIRECT, Traits()),
        (Channel.AFFILIATE, Traits(kind=Kind.SEARCH, medium="affiliate")),
        (Channel.PAID_SEARCH, Traits(kind=Kind.SEARCH, medium="cpm", is_referred=True)),
        (Channel.PAID_SEARCH, Traits(kind=Kind.SEARCH, click_id="gbraid", is_referred=True)),
        (Channel.PAID_SOCIAL, Traits(kind=Kind.SOCIAL, medium="cpm", is_tagged=True)),
        (Channel.PAID_SOCIAL, Traits(kind=Kind.SOCIAL, medium="paid_social", is_tagged=True)),
        (Channel.PAID_SOCIAL, Traits(kind=Kind.SOCIAL, click_id="li_fat_id", is_referred=True)),
        (Channel.ORGANIC_SOCIAL, Traits(kind=Kind.SOCIAL, click_id="fbclid", is_referred=True)),
        (Channel.EMAIL, Traits(kind=Kind.SOCIAL, medium="email", is_tagged=True)),
        (Channel.EMAIL, Traits(kind=Kind.MAIL, is_referred=True)),
        (Channel.DISPLAY, Traits(medium="cpm", is_tagged=True)),
        (Channel.DISPLAY, Traits(click_id="gclid", is_referred=True)),
        (Channel.VIDEO, Traits(kind=Kind.VIDEO, medium="cpc", is_tagged=True)),
        (Channel.VIDEO, Traits(medium="video-ad", is_tagged=True)),
        (Channel.AI_ASSISTANT, Traits(kind=Kind.AI, medium="referral", is_tagged=True)),
        (Channel.ORGANIC_SEARCH, Traits(source="x", medium="organic", is_tagged=True)),
        (Channel.CAMPAIGN, Traits(source="x", medium="cpc", is_tagged=True)),
        (Channel.CAMPAIGN, Traits(source="x", is_tagged=True, is_referred=True)),
        (Channel.REFERRAL, Traits(is_referred=True)),
        (Channel.OTHER, Traits(source="x", medium="sms", is_tagged=True)),
    ],
)
def test_order(channel, traits):
    """Where two rules hold, the one that says more wins."""
    assert channel_of(traits) == channel


@given(
    st.builds(
        Traits,
        kind=st.none() | st.sampled_from(Kind),
        source=st.text(max_size=5),
        medium=st.text(max_size=5),
        click_id=st.sampled_from(["", "gclid", "fbclid", "ttclid", "else"]),
        is_tagged=st.booleans(),
        is_referred=st.booleans(),
    )
)
def test_total(traits):
    """Every visit has a channel, and no visit that came from somewhere is Direct."""
    channel = channel_of(traits)
    assert channel in set(Channel)
    if traits.source or traits.is_referred:
        assert channel != Channel.DIRECT


def test_no_channel_is_out_of_reach():
    """Each channel has a rule."""
    assert {channel for channel, _ in RULES} == set(Channel)
