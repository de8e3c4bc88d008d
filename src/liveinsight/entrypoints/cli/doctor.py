"""`liveinsight doctor`: is it installed right, from the server's disk to a page of the site."""

import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from liveinsight import __version__
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.sighting import BELIEVED_MS
from liveinsight.domain.site import DEFAULT_SITE
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    Key,
    ServerUrl,
    asked,
    console,
    control_of,
    credentials,
    server_of,
    settings_of,
    told_errors,
)
from liveinsight.usecases.doctor import Diagnosis, Finding
from liveinsight.usecases.inspect import Script, hindered, trackers_in

LEAST_FREE_MB = 1024
PAGE_BYTES = 4_000_000
PATIENCE_S = 20
TOLD_MS = 2000  # the header tells whole seconds

SAID = {
    Finding.NO_SCRIPT_YET: "no browser has sent events since the server started",
    Finding.HOST_NOT_ALLOWED: "events come from {hosts}, not among the site's domains: "
    "name all that are, with `liveinsight site set {site} --domain A --domain B`",
    Finding.ONE_PROXY: "all visitors have one address: name the proxy in trusted_proxies",
    Finding.UNTRUSTED_PROXY: "a proxy tells visitors' addresses and is not believed: "
    "name it in trusted_proxies",
    Finding.SERVER_CLOCK_OFF: "this server's clock differs from most browsers': set it by NTP",
    Finding.MANY_BLOCKED: "a fifth of the visitors or more never run the script: serve it under "
    "a name and host of your own",
    Finding.COUNTED_TWICE: "script and middleware both count: use `beside_script`",
}


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    about: str
    ok: bool
    told: str


@told_errors
def doctor(
    page: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="A page of the site, to look into too.")
    ] = None,
    *,
    url: ServerUrl = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    key: Key = None,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Is it installed right: server, disk, clock, versions, script, proxies. Exit code 1: no."""
    checks = list(_checks(page, server_of(url, data_dir), site, key, data_dir))
    if json:
        print(msgspec.json.encode(checks).decode())
    else:
        console().print(_table(checks))
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for check in checks:
        sign = "[green]ok[/]" if check.ok else "[bold red]look[/]"
        table.add_row(sign, check.about, escape(check.told))
    return table


def _checks(
    page: str | None, url: str, site: str | None, key: str | None, data_dir: Path | None
) -> Iterator[Check]:
    yield from _server(url)
    yield from _disk(data_dir)
    headers = credentials(key, data_dir)
    names = [site] if site else _sites(data_dir)
    for name in names:
        query = f"?{urlencode({'site': name})}" if name else ""
        with asked(url, "GET", f"/api/doctor{query}", headers) as response:
            known = msgspec.json.decode(response.read(), type=_Told).data
        # Beside others nobody need use the first start's.
        if not (known.site == DEFAULT_SITE and len(names) > 1 and _is_unused(known)):
            yield from _site(known)
    if page is not None:
        yield from _page(page)


class _Told(msgspec.Struct):
    data: Diagnosis


def _server(url: str) -> Iterator[Check]:
    with asked(url, "GET", "/api/openapi.json", {}) as response:
        date, about = response.headers["date"], msgspec.json.decode(response.read())
    version = about["info"]["version"]
    yield Check("server", True, f"{url} answers")
    yield Check("version", version == __version__, f"server {version}, this command {__version__}")
    ahead_ms = int(parsedate_to_datetime(date).timestamp() * 1000) - SystemClock().now_ms()
    fits = abs(ahead_ms) <= BELIEVED_MS
    told = f"is {abs(ahead_ms) // 1000} s off" if abs(ahead_ms) >= TOLD_MS else "agrees with"
    yield Check("clock", fits, f"the server's {told} this machine's")
    try:
        with asked(url, "GET", "/readyz", {}):
            yield Check("ready", True, "events are kept and questions answered")
    except Misconfigured as not_ready:
        yield Check("ready", False, str(not_ready))


def _disk(data_dir: Path | None) -> Iterator[Check]:
    folder = settings_of(data_dir).data_dir
    if folder.exists():
        free_mb = shutil.disk_usage(folder).free // 2**20
        yield Check("disk", free_mb >= LEAST_FREE_MB, f"{free_mb:,} MB free in {folder}")


def _sites(data_dir: Path | None) -> list[str | None]:
    if not settings_of(data_dir).data_dir.exists():
        return [None]
    with control_of(data_dir) as control:
        return [found.id for found in control.sites()]


def _is_unused(known: Diagnosis) -> bool:
    return known.findings == [Finding.NO_SCRIPT_YET]


def _site(known: Diagnosis) -> Iterator[Check]:
    about = f"site {known.site}"
    strange = ", ".join([host.host for host in known.script.hosts if not host.allowed][:5])
    for finding in known.findings:
        yield Check(about, False, SAID[finding].format(site=known.site, hosts=strange))
    if not known.findings:
        hosts = ", ".join(host.host for host in known.script.hosts[:5])
        yield Check(about, True, f"{known.script.batches:,} batches of the script from {hosts}")


def _page(url: str) -> Iterator[Check]:
    html, headers = _fetched(url)
    scripts, stated = trackers_in(html, url)
    if not scripts:
        yield Check("page", False, f"{url} has no script of LiveInsight: docs/tracker.md tells how")
        return
    yield Check("page", True, f"{url} has {scripts[0].url}")
    if len(scripts) > 1:
        yield Check("page", False, f"it has the script {len(scripts)} times: each counts")
    policies = [*headers.get_all("content-security-policy", []), *stated]
    for directive, needed in hindered(policies, scripts[0], url).items():
        yield Check("policy", False, f"{directive} of its Content-Security-Policy forbids {needed}")
    yield _loaded(scripts[0], url)


def _loaded(script: Script, page: str) -> Check:
    if urlsplit(page).scheme == "https" and urlsplit(script.url).scheme == "http":
        return Check("script", False, f"{script.url} is not https, so browsers refuse it there")
    try:
        text, headers = _fetched(script.url)
    except Misconfigured as error:
        return Check("script", False, str(error))
    kind = headers.get_content_type()
    good = kind.endswith("javascript") and bool(text)
    return Check("script", good, f"{script.url} is {kind}, {len(text):,} characters")


def _fetched(url: str) -> tuple[str, HTTPMessage]:
    """The text at an address that whoever runs this named, or that its page names."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Misconfigured(
            f"{url} is no address of a page: it must begin with http:// or https://"
        )
    request = urllib.request.Request(url, headers={"User-Agent": f"LiveInsight/{__version__}"})  # noqa: S310 - the scheme was looked at
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
            return response.read(PAGE_BYTES).decode("utf-8", "replace"), response.headers
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise Misconfigured(f"{url} cannot be fetched: {_why(error)}.") from None


def _why(error: OSError | ValueError) -> str:
    """What urllib says within what it wraps it in."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)
