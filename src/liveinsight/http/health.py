"""Is it alive, is it ready, and how is it doing (in Prometheus's text form)."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from liveinsight.domain.errors import Forbidden, Unauthorized
from liveinsight.domain.key import Scope
from liveinsight.http.addresses import is_loopback
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request, Response, encode, plain
from liveinsight.http.routes import Access, Route
from liveinsight.ports import Clock

PROMETHEUS_TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class Metric(Struct, frozen=True):
    """A figure of the process, with its samples by label."""

    name: str
    kind: str
    help: str
    samples: Mapping[tuple[tuple[str, str], ...], float]


Checks = Callable[[], Mapping[str, str]]  # what must be "ok", by name
Metrics = Callable[[], Iterable[Metric]]


class HealthDoor:
    """Tells what the wiring gave it to tell."""

    def __init__(self, checks: Checks, metrics: Metrics, keys: Keys, clock: Clock) -> None:
        self._checks = checks
        self._metrics = metrics
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(method="GET", path="/healthz", handler=self.healthz, about="Is it alive"),
            Route(
                method="GET",
                path="/readyz",
                handler=self.readyz,
                about="Can it keep events and answer questions, and if not, why",
                errors=(503,),
            ),
            Route(
                method="GET",
                path="/metrics",
                handler=self.metrics,
                about="Figures of the process for Prometheus",
                access=Access.READER,
                media=("text/plain",),
                errors=(401, 403),
            ),
        )

    async def healthz(self, request: Request) -> Response:
        """`GET /healthz`: the process answers."""
        del request
        return plain(200, b'{"status":"ok"}', b"application/json")

    async def readyz(self, request: Request) -> Response:
        """`GET /readyz`: events can be kept and questions answered, or what stands in the way."""
        del request
        checks = self._checks()
        ready = all(state == "ok" for state in checks.values())
        body = encode({"status": "ok" if ready else "unavailable", "checks": checks})
        return plain(200 if ready else 503, body, b"application/json")

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`: for this machine, or for who holds an admin key."""
        if not is_loopback(request):
            key = self._keys.of(request, self._clock.now_ms())
            if key is None:
                raise Unauthorized("Metrics are told to this machine, or with an admin key.")
            if Scope.ADMIN not in key.scopes or key.site is not None:
                raise Forbidden("Metrics want an admin key of all sites.")
        return plain(200, exposition(self._metrics()), PROMETHEUS_TEXT)


def exposition(metrics: Iterable[Metric]) -> str:
    """The text form."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.samples.items():
            told = ",".join(f'{name}="{text}"' for name, text in labels)
            lines.append(f"{metric.name}{{{told}}} {value}" if told else f"{metric.name} {value}")
    return "\n".join(lines) + "\n"
