"""Senders of Google's Measurement Protocol, with values of our own."""


def test_ga4_events(house):
    """From a server: a client id makes the visitor, all else is a property."""
    params = {
        "page_location": "https://shop.example/cart?x=1",
        "page_title": "Cart",
        "session_id": 1234,
        "engagement_time_msec": 0,
        "value": 9.5,
        "currency": "EUR",
        "items": [{"item_id": "A"}],
    }
    sent = {
        "client_id": "1.2",
        "events": [
            {"name": "page_view", "params": {"page_location": "https://shop.example/"}},
            {"name": "purchase", "params": params},
            {"name": "user_engagement", "params": {"engagement_time_msec": "1500"}},
        ],
    }
    answer = house.ask("POST", "/mp/collect?measurement_id=G-SHOP&api_secret=x", sent)
    assert (answer.status, answer.body) == (204, b"")
    view, purchase, engagement = house.hot.events
    assert len({event.visitor for event in house.hot.events}) == 1
    assert (view.type, purchase.type, purchase.page) == ("page_view", "purchase", "/cart")
    assert (purchase.revenue_amount, purchase.props) == ("9.5", {"items": '[{"item_id":"A"}]'})
    assert (engagement.type, engagement.engaged_ms, engagement.site) == ("engagement", 1500, "shop")


def test_ga4_money_is_counted_when_it_is_paid(house):
    """Not at each step towards it; what is given back is less."""
    paid = {"value": 50, "currency": "EUR", "page_location": "https://shop.example/"}
    names = ("view_item", "add_to_cart", "purchase", "refund")
    sent = {"client_id": "1", "events": [*({"name": name, "params": paid} for name in names), {}]}
    house.ask("POST", "/mp/collect?measurement_id=G-SHOP", sent)
    assert [event.revenue_amount for event in house.hot.events] == [None, None, "50", "-50"]
    assert house.hot.events[0].props == {"value": 50, "currency": "EUR"}


def test_ga4_rubbish_is_answered_alike(any_house):
    """Nobody looks at the answer there; what is no JSON object is an error all the same."""
    for body in (b"{}", b'{"client_id": "1", "events": [{"params": {}}]}'):
        assert any_house.ask("POST", "/mp/collect", body).status == 204
    for body in (b"", b"[]", b"["):
        assert any_house.ask("POST", "/mp/collect", body).status == 400
