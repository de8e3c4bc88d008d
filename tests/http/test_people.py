"""Who may what: set-up, sign-in, roles, CSRF, keys, shares, over the doors of a whole home."""

import asyncio
import json

import pytest

from liveinsight.http.exchange import Request, Response
from liveinsight.http.routes import Access
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import Settings

PASSWORD = "a sentence is best"


class Browser:
    """Asks a home like a browser: keeps the cookie, sends the CSRF token."""

    def __init__(self, front, loop):
        self.front = front
        self.loop = loop
        self.cookie = ""
        self.csrf = ""
        self.key = ""

    def ask(self, method, path, body=None, **headers):
        """The status and the data (or the whole error) of an answer."""
        told = {b"host": b"127.0.0.1:8000", b"content-type": b"application/json"}
        told |= {b"cookie": self.cookie.encode()} if self.cookie else {}
        told |= {b"x-csrf-token": self.csrf.encode()} if self.csrf else {}
        told |= {b"x-api-key": self.key.encode()} if self.key else {}
        told |= {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
        path, _, query = path.partition("?")
        request = Request(
            method, path, query, told, json.dumps(body or {}).encode(), peer="127.0.0.1"
        )
        answer = self.loop.run_until_complete(self.front(request))
        assert isinstance(answer, Response)
        for name, value in answer.headers:
            if name == b"set-cookie":
                self.cookie = value.decode().partition(";")[0]
                assert b"HttpOnly" in value
                assert b"SameSite=Lax" in value
        whole = json.loads(answer.body)
        data = whole.get("data", whole)
        if isinstance(data, dict) and data.get("csrf"):
            self.csrf = data["csrf"]
        return answer.status, data


@pytest.fixture
def home(tmp_path):
    """A home whose doors are open."""
    made = {}

    async def opened():
        made["home"] = LocalHome(Settings(data_dir=tmp_path))
        made["front"] = made["home"].open()
        await made["home"].start()

    # The home, its store process and all who ask live on one loop, which ends last.
    with asyncio.Runner() as runner:
        made["loop"] = runner.get_loop()
        runner.run(opened())
        yield made
        runner.run(made["home"].stop())


@pytest.fixture
def browser(home):
    """A browser that has never been here."""
    return Browser(home["front"], home["loop"])


@pytest.fixture
def owner(home, browser):
    """The owner's browser, signed in by the set-up link."""
    token = home["home"].people.setup_token()
    form = {"token": token, "email": "Owner@Shop.example", "password": PASSWORD}
    status, told = browser.ask("POST", "/api/setup", form)
    assert (status, told["person"]["role"]) == (200, "owner")
    return browser


def another(owner, email="viewer@shop.example", role="viewer"):
    """A second person's browser."""
    form = {"email": email, "role": role, "password": PASSWORD}
    assert owner.ask("POST", "/api/people", form)[0] == 200
    browser = Browser(owner.front, owner.loop)
    status, _ = browser.ask("POST", "/api/session", {"email": email, "password": PASSWORD})
    assert status == 200
    return browser


def test_the_set_up_link_makes_one_owner(home, browser):
    """The link works once, only with its token, and the next start has none."""
    assert browser.ask("GET", "/api/session")[1]["setup"] is True
    token = home["home"].people.setup_token()
    form = {"token": "guess", "email": "o@shop.example", "password": PASSWORD}
    assert browser.ask("POST", "/api/setup", form)[0] == 403
    assert browser.ask("POST", "/api/setup", form | {"token": token, "password": "short"})[0] == 400
    status, told = browser.ask("POST", "/api/setup", form | {"token": token})
    assert (status, told["setup"], told["person"]["email"]) == (200, False, "o@shop.example")
    assert browser.ask("POST", "/api/setup", form | {"token": token})[0] == 403
    assert home["home"].people.setup_token() is None


def test_signing_in_needs_the_right_password_and_out_ends_it(owner):
    """A wrong password and an unknown person get the same answer; after sign-out the cookie is void."""
    browser = another(owner, "admin@shop.example", "admin")
    stranger = {"email": "who@shop.example", "password": PASSWORD}
    wrong = {"email": "admin@shop.example", "password": "not this one!"}
    assert browser.ask("POST", "/api/session", stranger) == browser.ask(
        "POST", "/api/session", wrong
    )
    cookie = browser.cookie
    assert browser.ask("GET", "/api/session")[1]["person"]["email"] == "admin@shop.example"
    browser.ask("DELETE", "/api/session")
    browser.cookie = cookie
    assert browser.ask("GET", "/api/session")[1]["person"] is None


def test_guessing_is_slowed_down(owner):
    """After twenty tries in a minute an account says 429, whoever asks."""
    wrong = {"email": "owner@shop.example", "password": "not this one!"}
    statuses = [owner.ask("POST", "/api/session", wrong)[0]]
    # A slow machine may see a new minute begin meanwhile; not three.
    while statuses[-1] == 401 and len(statuses) <= 66:
        statuses.append(owner.ask("POST", "/api/session", wrong)[0])
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_another_sites_page_cannot_sign_in_or_change(owner):
    """A foreign origin signs nobody in, and a change without the CSRF token is refused."""
    form = {"email": "owner@shop.example", "password": PASSWORD}
    assert owner.ask("POST", "/api/session", form, origin="https://evil.example")[0] == 403
    owner.csrf = ""
    assert owner.ask("POST", "/api/sites", {"id": "shop"})[0] == 403
    owner.csrf = "0" * 64
    assert owner.ask("POST", "/api/sites", {"id": "shop"})[0] == 403
    assert owner.ask("POST", "/api/people", form | {"role": "viewer"})[0] == 403


def test_roles_hold_on_the_server(owner):
    """A viewer reads, an admin manages, only an owner decides on people."""
    viewer, admin = another(owner), another(owner, "admin@shop.example", "admin")
    assert [site["id"] for site in viewer.ask("GET", "/api/sites")[1]["sites"]] == ["default"]
    assert viewer.ask("GET", "/api/realtime?site=default")[0] == 200
    changes = [
        ("POST", "/api/sites", {"id": "shop"}),
        ("POST", "/api/keys", {"label": "x", "scopes": ["read"]}),
        ("POST", "/api/shares", {"site": "default", "name": "x"}),
    ]
    for method, path, body in changes:
        assert viewer.ask(method, path, body)[0] == 403
        assert admin.ask(method, path, body)[0] == 200
    for browser in (viewer, admin):
        assert browser.ask("GET", "/api/people")[0] == 403
        own = {"email": "admin@shop.example", "role": "owner"}
        assert browser.ask("PUT", "/api/people", own)[0] == 403


CHANGES = {
    ("POST", "/api/sites"): {"id": "new"},
    ("PUT", "/api/sites"): {"id": "default", "public": True},
    ("DELETE", "/api/sites?site=default"): None,
    ("POST", "/api/keys"): {"label": "x", "scopes": ["read"]},
    ("DELETE", "/api/keys?id=x"): None,
    ("POST", "/api/shares"): {"site": "default", "name": "x"},
    ("DELETE", "/api/shares?id={share}"): None,
    ("POST", "/api/people"): {"email": "x@shop.example", "role": "owner", "password": PASSWORD},
    ("PUT", "/api/people"): {"email": "viewer@shop.example", "role": "owner"},
    ("DELETE", "/api/people?email=owner@shop.example"): None,
    ("POST", "/api/imports"): {"site": "default", "name": "past.csv", "size_bytes": 1},
    ("PUT", "/api/imports?id={import}&offset=0"): {},
    ("DELETE", "/api/imports?id={import}"): None,
    ("POST", "/api/letters"): {"site": "default", "to": "x@shop.example"},
    ("DELETE", "/api/letters?site=default&to=x@shop.example&every=week"): None,
    ("POST", "/api/letters/send"): {"site": "default", "to": "x@shop.example"},
    ("POST", "/api/alerts"): {
        "site": "default",
        "to": "x@shop.example",
        "sign": "many",
        "visitors": 9,
    },
    ("DELETE", "/api/alerts?site=default&to=x@shop.example&sign=many"): None,
    ("POST", "/api/alerts/send"): {"site": "default", "to": "x@shop.example", "sign": "many"},
    ("POST", "/api/doctor?site=default"): {"views": [{"ip": "203.0.113.1"}]},
}


def test_no_change_is_a_viewers(owner, home):
    """Each door that changes something refuses a viewer, a missing CSRF token and a stranger."""
    _, share = owner.ask("POST", "/api/shares", {"site": "default", "name": "x"})
    _, begun = owner.ask("POST", "/api/imports", CHANGES["POST", "/api/imports"])
    doors = {
        (route.method, route.path)
        for route in home["front"].routes
        if route.access is Access.MANAGER and route.method != "GET"
    }
    assert {(method, path.partition("?")[0]) for method, path in CHANGES} == doors
    viewer, stranger = another(owner), Browser(owner.front, owner.loop)
    careless = Browser(owner.front, owner.loop)
    careless.cookie = owner.cookie
    for (method, path), body in CHANGES.items():
        asked = (method, path.format(share=share["id"], **{"import": begun["id"]}), body)
        statuses = [browser.ask(*asked)[0] for browser in (viewer, careless, stranger)]
        assert statuses == [403, 403, 401], asked
    assert owner.ask("GET", "/api/people")[1]["people"][0]["role"] == "owner"
    assert [site["id"] for site in owner.ask("GET", "/api/sites")[1]["sites"]] == ["default"]


def test_somebody_stays_the_owner(owner):
    """The last owner can neither leave nor become less."""
    email = "owner@shop.example"
    assert owner.ask("DELETE", f"/api/people?email={email}")[0] == 400
    assert owner.ask("PUT", "/api/people", {"email": email, "role": "viewer"})[0] == 400
    another(owner, "second@shop.example", "owner")
    assert owner.ask("PUT", "/api/people", {"email": email, "role": "viewer"})[0] == 200
    assert owner.ask("GET", "/api/people")[0] == 403


def test_who_is_removed_is_out_at_once(owner):
    """Removing a person, or giving a new password, ends the sessions they had."""
    viewer = another(owner)
    assert owner.ask("DELETE", "/api/people?email=viewer@shop.example")[0] == 200
    assert viewer.ask("GET", "/api/session")[1]["person"] is None
    admin = another(owner, "admin@shop.example", "admin")
    change = {"email": "admin@shop.example", "password": "another good sentence"}
    assert owner.ask("PUT", "/api/people", change)[0] == 200
    assert admin.ask("GET", "/api/session")[1]["person"] is None


def test_one_changes_ones_own_password(owner):
    """With the old one, and one stays signed in."""
    form = {"old_password": "wrong wrong wrong", "password": "a new good sentence"}
    status, told = owner.ask("POST", "/api/password", form)
    assert (status, told["details"]["field"]) == (400, "old_password")
    assert owner.ask("POST", "/api/password", form | {"old_password": PASSWORD})[0] == 200
    assert owner.ask("GET", "/api/session")[1]["person"]["email"] == "owner@shop.example"


def test_strangers_read_public_sites_and_nothing_else(owner):
    """Without a session only public sites are listed and read; their shields are not told."""
    stranger = Browser(owner.front, owner.loop)
    assert stranger.ask("GET", "/api/sites")[1]["sites"] == []
    assert stranger.ask("GET", "/api/realtime?site=default")[0] == 401
    form = {"id": "default", "public": True, "excluded_ips": ["10.0.0.0/8"]}
    assert owner.ask("PUT", "/api/sites", form)[0] == 200
    (site,) = stranger.ask("GET", "/api/sites")[1]["sites"]
    assert (site["id"], site["excluded_ips"]) == ("default", [])
    assert stranger.ask("GET", "/api/realtime?site=default")[0] == 200
    assert stranger.ask("GET", "/api/keys")[0] == 401


def test_sites_are_made_changed_and_removed(owner):
    """Settings are checked, what is left out stays, a domain belongs to one site."""
    form = {"id": "shop", "domains": ["Shop.example"], "timezone": "Asia/Seoul"}
    assert owner.ask("POST", "/api/sites", form)[1]["domains"] == ["shop.example"]
    assert owner.ask("POST", "/api/sites", form)[0] == 400
    _, told = owner.ask("PUT", "/api/sites", {"id": "shop", "excluded_pages": ["/admin/*"]})
    assert (told["timezone"], told["excluded_pages"]) == ("Asia/Seoul", ["/admin/*"])
    wrong = [{"timezone": "Mars/Base"}, {"excluded_ips": ["x"]}, {"domains": ["no host!"]}]
    for setting in wrong:
        assert owner.ask("PUT", "/api/sites", {"id": "shop"} | setting)[0] == 400
    taken = {"id": "other", "domains": ["shop.example"]}
    assert owner.ask("POST", "/api/sites", taken)[1]["details"]["field"] == "domains"
    assert owner.ask("DELETE", "/api/sites?site=shop")[0] == 200
    assert owner.ask("DELETE", "/api/sites?site=shop")[0] == 404
    korean = owner.ask("POST", "/api/sites", {"id": "k", "domains": ["상점.Example"]})[1]
    assert korean["domains"] == ["xn--hg4bs7k.example"]


def test_goals_and_funnels_are_kept_with_the_site(owner):
    """They are checked when they are kept, told back, and can be asked for by name."""
    goals = [{"name": "Sign up", "when": {"event": "Signup"}}]
    steps = [{"page": "/pricing"}, {"event": "Signup"}]
    funnels = [{"name": "To sign-up", "steps": steps, "within": "visit"}]
    form = {"id": "default", "goals": goals, "funnels": funnels}
    status, told = owner.ask("PUT", "/api/sites", form)
    assert (status, told["funnels"]) == (200, funnels)
    assert told["goals"] == [{"name": "Sign up", "when": ["and", [["is", "event", ["Signup"]]]]}]
    again = {"id": "default", "goals": told["goals"]}
    assert owner.ask("PUT", "/api/sites", again)[1]["goals"] == told["goals"]
    wrong = [
        {"goals": [{"name": "x", "when": {"colour": "red"}}]},
        {"goals": goals * 2},
        {"funnels": [{"name": "", "steps": steps}]},
        {"funnels": [{"name": "x", "steps": [{}]}]},
        {"goals": [{"name": "x", "when": {"page": {"matches": "(["}}}]},
        {"funnels": [{"name": "x", "steps": [{"page": {"matches": "(["}}]}]},
    ]
    for setting in wrong:
        assert owner.ask("PUT", "/api/sites", {"id": "default"} | setting)[0] == 400
    assert owner.ask("PUT", "/api/sites", {"id": "default", "goals": []})[1]["goals"] == []


def test_notes_are_kept_with_the_site_and_told_to_no_guest(owner):
    """In order of time; what is no moment is refused. A public site tells its figures alone."""
    notes = [
        {"at": "2026-11-20T14:30", "text": "Mail sent"},
        {"at": "2026-11-02", "text": "Launch"},
    ]
    status, told = owner.ask("PUT", "/api/sites", {"id": "default", "notes": notes, "public": True})
    assert (status, told["notes"]) == (200, notes[::-1])
    assert owner.ask("GET", "/api/sites")[1]["sites"][0]["notes"] == notes[::-1]
    _, share = owner.ask("POST", "/api/shares", {"site": "default", "name": "press"})
    guest, stranger = Browser(owner.front, owner.loop), Browser(owner.front, owner.loop)
    guest.key = guest.ask("POST", "/api/shares/open", {"token": share["token"]})[1]["key"]
    for reader in (guest, stranger):
        assert reader.ask("GET", "/api/sites")[1]["sites"][0]["notes"] == []
    owner.ask("POST", "/api/sites", {"id": "other"})
    form = {"label": "x", "scopes": ["admin", "read"], "site": "other"}
    guest.key = owner.ask("POST", "/api/keys", form)[1]["key"]
    owner.ask("PUT", "/api/sites", {"id": "default", "excluded_ips": ["10.0.0.1"]})
    told = {site["id"]: site for site in guest.ask("GET", "/api/sites")[1]["sites"]}
    assert (told["default"]["notes"], told["default"]["excluded_ips"]) == ([], [])
    wrong = ["2026-02-30", "2026-11-20T25:00", "20261120", "yesterday", "2026-11-20T14:30:00Z", ""]
    bad = [{"at": at, "text": "x"} for at in wrong] + [{"at": "2026-11-02", "text": ""}]
    bad += [{"at": "2026-11-02", "text": "x" * 201}, {"at": "2026-11-02"}]
    for note in bad:
        assert owner.ask("PUT", "/api/sites", {"id": "default", "notes": [note]})[0] == 400
    assert owner.ask("PUT", "/api/sites", {"id": "default", "notes": [notes[0]] * 501})[0] == 400
    assert owner.ask("PUT", "/api/sites", {"id": "default", "notes": []})[1]["notes"] == []


def test_keys_are_told_once_and_revoked(owner):
    """A made key reads, the list never tells it, and revoked it is worth nothing."""
    _, made = owner.ask("POST", "/api/keys", {"label": "report", "scopes": ["read"]})
    reader = Browser(owner.front, owner.loop)
    reader.key = made["key"]
    assert reader.ask("GET", "/api/realtime?site=default")[0] == 200
    assert reader.ask("POST", "/api/sites", {"id": "shop"})[0] == 403
    (listed,) = owner.ask("GET", "/api/keys")[1]["keys"]
    assert (listed["label"], listed["key"]) == ("report", None)
    assert owner.ask("DELETE", f"/api/keys?id={made['id']}")[0] == 200
    assert reader.ask("GET", "/api/realtime?site=default")[0] == 401
    assert owner.ask("POST", "/api/keys", {"label": "x", "scopes": ["all"]})[0] == 400


def test_a_share_link_reads_one_site_until_it_is_revoked(owner):
    """A guest gets a key for the site alone; revoking the link ends it at once."""
    owner.ask("POST", "/api/sites", {"id": "shop"})
    _, share = owner.ask("POST", "/api/shares", {"site": "shop", "name": "press"})
    guest = Browser(owner.front, owner.loop)
    _, told = guest.ask("POST", "/api/shares/open", {"token": share["token"]})
    assert told["site"] == "shop"
    assert guest.cookie == ""
    guest.key = told["key"]
    assert [site["id"] for site in guest.ask("GET", "/api/sites")[1]["sites"]] == ["shop"]
    assert guest.ask("GET", "/api/realtime?site=shop")[0] == 200
    assert guest.ask("GET", "/api/realtime?site=default")[0] == 403
    assert guest.ask("PUT", "/api/sites", {"id": "shop", "public": True})[0] == 403
    (listed,) = owner.ask("GET", "/api/shares?site=shop")[1]["shares"]
    assert listed["token"] is None
    assert owner.ask("DELETE", f"/api/shares?id={share['id']}")[0] == 200
    assert guest.ask("GET", "/api/realtime?site=shop")[0] == 401
    assert guest.ask("POST", "/api/shares/open", {"token": share["token"]})[0] == 404


def test_a_share_link_can_want_a_password(owner):
    """It says that one is wanted, refuses a wrong one, and opens with the right one."""
    form = {"site": "default", "name": "press", "password": "sesame"}
    token = owner.ask("POST", "/api/shares", form)[1]["token"]
    guess = {"token": token}
    wanted = owner.ask("POST", "/api/shares/open", guess)[1]["details"]
    assert wanted == {"field": "password", "error": "is wanted"}
    wrong = owner.ask("POST", "/api/shares/open", guess | {"password": "x"})[1]["details"]
    assert wrong == {"field": "password", "error": "is wrong"}
    assert owner.ask("POST", "/api/shares/open", guess | {"password": "sesame"})[0] == 200
