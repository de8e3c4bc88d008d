"""What holds at every door: CORS, OPTIONS, unknown paths and methods, headers, health."""

import json

import pytest

from front_house import House, a_view
from liveinsight.http.health import Metric, exposition
from liveinsight.http.routes import Access

OWNERS = "https://stats.example"


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, origins=(OWNERS,))
    yield made
    made.close()


def told(answer):
    return dict(answer.headers)


def test_every_path_answers_options(house):
    """204 with methods, headers and a day of validity; on paths that are none too."""
    for path in {*(route.path for route in house.front.routes), "/nothing", "/api/nothing/x"}:
        answer = house.ask("OPTIONS", path, origin=OWNERS)
        headers = told(answer)
        assert (answer.status, answer.body) == (204, b"")
        assert headers[b"access-control-allow-methods"] == b"GET, POST, OPTIONS"
        assert headers[b"access-control-max-age"] == b"86400"
        for name in (b"Content-Type", b"X-API-Key", b"Authorization", b"X-CSRF-Token"):
            assert name in headers[b"access-control-allow-headers"]
        assert b"access-control-allow-credentials" not in headers


def test_any_origin_collects_and_the_owners_read(house):
    """Collecting is open to every page; figures to the allowed origins; never with credentials."""
    for route in house.front.routes:
        for origin in (OWNERS, "https://evil.example"):
            headers = told(house.ask(route.method, route.path, origin=origin))
            allowed = headers.get(b"access-control-allow-origin")
            if route.access is Access.ANYONE:
                assert allowed == b"*"
            else:
                assert allowed == (origin.encode() if origin == OWNERS else None)
                assert b"origin" in headers[b"vary"]
            assert b"access-control-allow-credentials" not in headers


def test_without_allowed_origins_nobody_elses_page_reads(tmp_path):
    """The default: no CORS for figures, all of it for collecting."""
    house = House(tmp_path)
    assert b"access-control-allow-origin" not in told(
        house.ask("GET", "/api/realtime", origin=OWNERS)
    )
    house.close()
    house = House(tmp_path, origins=("*",))
    assert told(house.ask("GET", "/api/realtime"))[b"access-control-allow-origin"] == b"*"
    house.close()


def test_unknown_paths_and_methods_have_the_owners_error(house):
    """404 and 405 as JSON; the methods that there are stand in Allow."""
    for method in ("GET", "POST", "DELETE"):
        answer = house.ask(method, "/api/nothing")
        assert answer.status == 404
        assert json.loads(answer.body)["status"] == "error"
    answer = house.ask("GET", "/api/events")
    assert (answer.status, told(answer)[b"allow"]) == (405, b"POST, OPTIONS")
    answer = house.ask("DELETE", "/api/realtime")
    assert (answer.status, told(answer)[b"allow"]) == (405, b"GET, HEAD, OPTIONS")
    assert json.loads(answer.body)["message"]


def test_no_answer_is_guessed_or_cached_against_its_will(house):
    """Every answer with a body says its type and forbids sniffing; errors and figures stay fresh."""
    answers = [
        house.ask("POST", "/api/events", a_view()),
        house.ask("POST", "/api/events", b"{"),
        house.ask("GET", "/api/realtime"),
        house.ask("GET", "/nothing"),
        house.ask("GET", "/healthz"),
        house.ask("GET", "/api/pixel.gif?url=https://shop.example/"),
    ]
    for answer in answers:
        headers = told(answer)
        assert headers[b"content-type"]
        assert headers[b"x-content-type-options"] == b"nosniff"
    for answer in answers[1:]:
        assert told(answer)[b"cache-control"] == b"no-store"


def test_what_fails_inside_is_told_as_nothing_but_that(house, monkeypatch, caplog):
    """A 500 in the owner's shape, without an inner word; the log has the whole."""

    def broken(*_):
        raise RuntimeError("the password is sesame")

    monkeypatch.setattr(house.collect._collect, "judge", broken)
    status, answer = house.post(a_view())
    assert (status, answer["status"]) == (500, "error")
    assert "sesame" not in json.dumps(answer)
    assert "sesame" in caplog.text


def test_alive_is_told_to_anybody(house):
    """While the process answers."""
    answer = house.ask("GET", "/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})


def test_ready_says_what_stands_in_the_way(house):
    """503 with the checks by name until all are ok."""
    assert house.ask("GET", "/readyz").status == 200
    house.checks["journal"] = "database or disk is full"
    answer = house.ask("GET", "/readyz")
    assert answer.status == 503
    assert json.loads(answer.body)["checks"]["journal"] == "database or disk is full"


@pytest.mark.parametrize(
    ("peer", "scopes", "site", "headers", "status"),
    [
        ("127.0.0.1", None, None, {}, 200),
        ("::1", None, None, {}, 200),
        ("127.0.0.1", None, None, {"x_forwarded_for": "203.0.113.1"}, 401),
        ("203.0.113.7", None, None, {}, 401),
        ("203.0.113.7", ("read",), None, {}, 403),
        ("203.0.113.7", ("admin",), "shop", {}, 403),
        ("203.0.113.7", ("admin",), None, {}, 200),
    ],
)
def test_metrics_are_for_this_machine_or_an_admins_key(house, peer, scopes, site, headers, status):
    """Not for the world, not through a proxy."""
    if scopes:
        headers = headers | {"x_api_key": house.key(*scopes, site=site)}
    assert house.ask("GET", "/metrics", peer=peer, **headers).status == status


def test_metrics_have_prometheus_form():
    """Help, type, and a line for each sample."""
    metrics = [
        Metric("up", "gauge", "Is it up", {(): 1}),
        Metric("drops_total", "counter", "By reason", {(("reason", "bot"),): 2}),
    ]
    assert exposition(metrics).splitlines() == [
        "# HELP up Is it up",
        "# TYPE up gauge",
        "up 1",
        "# HELP drops_total By reason",
        "# TYPE drops_total counter",
        'drops_total{reason="bot"} 2',
    ]


def test_the_document_tells_every_route(house):
    """OpenAPI 3.1 of the same table, every reference in it resolved."""
    document = json.loads(house.ask("GET", "/api/openapi.json").body)
    assert document["openapi"].startswith("3.1")
    for route in house.front.routes:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["summary"]
        assert {str(status) for status in route.errors} <= set(operation["responses"])
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(schemas)
