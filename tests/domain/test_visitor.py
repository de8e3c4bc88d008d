"""Ids of visitors: the same for the same, different for everybody else, and 64 bits wide."""

from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.visitor import anonymous, fingerprint, identified

SALTS = st.binary(min_size=16, max_size=32)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ADDRESSES = st.ip_addresses().map(str)


@given(SALTS, ADDRESSES, TEXTS)
def test_the_same_is_the_same(salt, address, user_agent):
    """On one day one address and agent are one visitor, of 64 bits without a sign."""
    visitor = anonymous(salt, address, user_agent)
    assert visitor == anonymous(salt, address, user_agent)
    assert 0 <= visitor < 2**64


@given(SALTS, SALTS, ADDRESSES, ADDRESSES, TEXTS, TEXTS)
def test_others_are_others(salt, other_salt, address, other_address, agent, other_agent):
    """Another day, address or agent is another visitor."""
    people = {(salt, address, agent), (other_salt, other_address, other_agent)}
    people |= {(other_salt, address, agent), (salt, other_address, agent)}
    assert len({anonymous(*person) for person in people}) == len(people)


@given(SALTS, TEXTS, TEXTS, TEXTS)
def test_users_of_two_sites(secret, site, other_site, user_id):
    """Whom a site names is somebody else on another site."""
    there = identified(secret, other_site, user_id)
    assert (identified(secret, site, user_id) == there) is (site == other_site)


@given(TEXTS, TEXTS, TEXTS)
def test_given_ids(site, given_id, other_id):
    """Ids that a site gave stand for themselves, with no secret in them."""
    first, second = fingerprint(site, given_id), fingerprint(site, other_id)
    assert (first == second) is (given_id == other_id)
    assert 0 <= first < 2**64


def test_nothing_changes_from_release_to_release():
    """Ids are kept on disk: the same words give the same number, for ever."""
    assert [
        anonymous(b"0123456789abcdef", "192.0.2.1", "Mozilla/5.0"),
        identified(b"0123456789abcdef", "shop", "anna"),
        fingerprint("shop", "e-1"),
    ] == [17111654634049289543, 10479597907411343655, 12064725353777036088]
