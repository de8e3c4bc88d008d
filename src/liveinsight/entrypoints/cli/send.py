"""`liveinsight send`: events from the shell, to try things out or from a script."""

import json
from typing import Annotated

import msgspec
import typer

from liveinsight.domain.errors import Invalid
from liveinsight.entrypoints.cli.shared import (
    DataDir,
    Key,
    ServerUrl,
    asked,
    credentials,
    say,
    server_of,
    told_errors,
)
from liveinsight.http.wire import MAX_EVENTS

# A browser's, so that what is sent to try things out is counted and not set aside as a bot.
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/147.0.0.0 Safari/537.36"
)


@told_errors
def send(
    page: Annotated[str, typer.Option(help="The page's address.")] = "https://example.com/",
    event: Annotated[str, typer.Option(help="The type, or a name of your own.")] = "page_view",
    site: Annotated[str | None, typer.Option(help="Site id or domain.")] = None,
    user: Annotated[str | None, typer.Option(help="The site's own user id.")] = None,
    referrer: Annotated[str | None, typer.Option(help="Where the visitor came from.")] = None,
    prop: Annotated[
        list[str] | None, typer.Option(help="A property as NAME=VALUE; may be repeated.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="So many of them.")] = 1,
    user_agent: Annotated[str, typer.Option(help="The browser to pass for.")] = BROWSER,
    *,
    url: ServerUrl = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Send events and print the server's answer."""
    told = {
        "site": site,
        "page_url": page,
        "event_type": event,
        "user_id": user,
        "referrer": referrer,
        "props": _props(prop or []) or None,
    }
    one = {name: value for name, value in told.items() if value is not None}
    headers = {"Content-Type": "application/json", "User-Agent": user_agent}
    server = server_of(url, data_dir)
    headers |= credentials(key, data_dir)
    processed, dropped = 0, dict[str, int]()
    for left in range(count, 0, -MAX_EVENTS):
        body = msgspec.json.encode({"events": [one] * min(left, MAX_EVENTS)})
        with asked(server, "POST", "/api/events", headers, body) as response:
            answer = json.loads(response.read())["data"]
        processed += answer["processed_events"]
        for reason, number in answer["dropped"].items():
            dropped[reason] = dropped.get(reason, 0) + number
    print(json.dumps({"processed_events": processed, "dropped": dropped}))
    if dropped:
        say(f"Not counted: {', '.join(dropped)}.")


def _props(told: list[str]) -> dict[str, object]:
    """Values are JSON where they read as such, else text."""
    props: dict[str, object] = {}
    for row in told:
        name, equals, value = row.partition("=")
        if not equals:
            raise Invalid("prop", f"{row!r} is not NAME=VALUE")
        try:
            props[name] = json.loads(value)
        except ValueError:
            props[name] = value
    return props
