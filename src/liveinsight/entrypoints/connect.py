"""`from liveinsight import connect`: ask a data folder or a server from Python.

Answers are rows that become dicts, Arrow tables, pandas or Polars frames; those libraries are
imported only when they are asked for, and none of them is needed.
"""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from liveinsight.domain.errors import Invalid, LiveInsightError, Misconfigured, NotFound
from liveinsight.http.exchange import Response
from liveinsight.wiring.settings import load

if TYPE_CHECKING:
    from liveinsight.wiring.here import Here

Json = dict[str, Any]
TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the names of their columns; of a query also its totals, and how it was meant."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    totals: Json = field(default_factory=dict)
    about: Json = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Json]:
        return iter(self.dicts())

    def dicts(self) -> list[Json]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def arrow(self) -> Any:
        """An Arrow table; needs pyarrow."""
        return import_module("pyarrow").Table.from_pylist(self.dicts())

    def pandas(self) -> Any:
        """A pandas frame; needs pandas."""
        return import_module("pandas").DataFrame(self.rows, columns=list(self.columns))

    def polars(self) -> Any:
        """A Polars frame; needs polars."""
        return import_module("polars").DataFrame(self.dicts(), infer_schema_length=None)


class Connection:
    """Asks one place: `call` gives the pieces of an answer's body."""

    def __init__(
        self, call: Callable[[str, str, bytes], Iterator[bytes]], close: Callable[[], None]
    ) -> None:
        self._call = call
        self.close = close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def sites(self) -> list[Json]:
        """The sites that may be read."""
        told: list[Json] = self.get("/api/sites")["sites"]
        return told

    def query(self, site: str, metrics: Sequence[str], **about: object) -> Table:
        """Any question: `range`, `dimensions`, `filters`, `compare`, `goal`, `order_by`, `limit`."""
        body = {"site": site, "metrics": list(metrics), "range": "30d"} | about
        return table_of(self.post("/api/query", body))

    def sql(self, site: str, sql: str, limit: int = 10_000) -> Table:
        """One SELECT over `events` and `visits` of the site."""
        data = self.post("/api/sql", {"site": site, "sql": sql, "limit": limit})
        names = tuple(column["name"] for column in data["columns"])
        about = {"truncated": data["truncated"], "types": [c["type"] for c in data["columns"]]}
        return Table(names, [tuple(row) for row in data["rows"]], about=about)

    def export(self, site: str, path: Path | str, **about: str) -> Path:
        """All events into a file, by its ending `.parquet` or `.csv`; `since` and `until` are days."""
        target = Path(path)
        kind = target.suffix.removeprefix(".")
        if kind not in {"parquet", "csv"}:
            raise Invalid("path", "must end with .parquet or .csv")
        names = {"since": "from", "until": "to"}
        told = {names[name]: day for name, day in about.items()} | {"site": site}
        with target.open("wb") as file:
            for chunk in self._call("GET", f"/api/export/events.{kind}?{urlencode(told)}", b""):
                file.write(chunk)
        return target

    def get(self, path: str) -> Json:
        """The `data` of any address of the interface."""
        return self._data("GET", path, b"")

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        """The `data` of any question of the interface (`/api/funnel`, `/api/retention`, …)."""
        return self._data("POST", path, json.dumps(body).encode())

    def _data(self, method: str, path: str, body: bytes) -> Json:
        data: Json = json.loads(b"".join(self._call(method, path, body)))["data"]
        return data


def table_of(report: Json) -> Table:
    """A report as columns: the dimensions, the metrics, and those of the compared span."""
    asked = report["query"]
    dimensions, metrics = asked["dimensions"], asked["metrics"]
    is_compared = "compare" in asked
    compared = [f"{name}_{what}" for what in ("before", "change") for name in metrics]
    rows = [
        (*row["dimensions"], *row["metrics"], *(_compared(row) if is_compared else ()))
        for row in report["results"]
    ]
    columns = (*dimensions, *metrics, *(compared if is_compared else ()))
    totals = dict(zip(metrics, report["totals"], strict=True))
    return Table(columns, rows, totals, {"meta": report["meta"], "query": asked})


def _compared(row: Json) -> tuple[Any, ...]:
    return (*row["comparison"]["metrics"], *row["comparison"]["change"])


def connect(where: str | Path | None = None, *, key: str | None = None) -> Connection:
    """A data folder (the usual one where nothing is given) or a server's URL with a key."""
    if isinstance(where, str) and where.startswith(("http://", "https://")):
        return _server(where, key)
    from liveinsight.wiring.here import Here  # noqa: PLC0415 - DuckDB is only for folders

    here = Here(load({"data_dir": where}).data_dir)
    return Connection(_caller(here), here.close)


def _caller(here: "Here") -> Callable[[str, str, bytes], Iterator[bytes]]:
    def call(method: str, address: str, body: bytes) -> Iterator[bytes]:
        path, _, query = address.partition("?")
        with asyncio.Runner() as runner:
            answer = runner.run(here(method, path, query, body))
            if isinstance(answer, Response):
                _refuse(answer.status, answer.body)
                yield answer.body
                return
            while (chunk := runner.run(_next(answer.chunks))) is not None:
                yield chunk

    return call


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


def _server(url: str, key: str | None) -> Connection:
    def call(method: str, address: str, body: bytes) -> Iterator[bytes]:
        with _answered(url, method, address, body, key) as response:
            if response.status >= http.client.BAD_REQUEST:
                _refuse(response.status, response.read())
            while chunk := response.read(1 << 20):
                yield chunk

    return Connection(call, lambda: None)


@contextmanager
def _answered(
    url: str, method: str, address: str, body: bytes, key: str | None
) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    try:
        connection.request(method, parts.path.rstrip("/") + address, body or None, headers)
        yield connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise Misconfigured(f"No server answers at {url} ({error}). Is it running?") from None
    finally:
        connection.close()


def _refuse(status: int, body: bytes) -> None:
    """What a door refuses is an error of ours, with the field that it names."""
    if status < http.client.BAD_REQUEST:
        return
    try:
        told = json.loads(body)
    except ValueError:
        raise Misconfigured(f"The server answers {status}.") from None
    details = told.get("details") or {}
    if "field" in details:
        raise Invalid(details["field"], details["error"])
    kind = NotFound if status == http.client.NOT_FOUND else LiveInsightError
    raise kind(told.get("message", f"The server answers {status}."))
