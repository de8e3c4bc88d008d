"""A thousand requests a minute for ten minutes to the whole AWS home, deployed to an emulator.

What is shown is that nothing fails at the rate that the stage lets through, and that beyond it
the stage's throttle answers. Its times are the emulator's: it looks through a whole table for
each query, in the same Python on the same processors.
"""

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.endpoints import Figures, measure
from benchmarks.results import keep

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from aws.gateway import Gateway  # noqa: E402 - found by the path above
from aws.local import seal, served  # noqa: E402

SEAL_EVERY_S = 300  # as the schedule does
PER_MINUTE = 1000  # what the stage lets through: variable requests_per_minute


def sealing(gateway: Gateway, ended: threading.Event) -> None:
    """The schedule."""
    while not ended.wait(SEAL_EVERY_S):
        seal(gateway)


def as_data(figures: dict[str, Figures]) -> dict[str, Any]:
    """By endpoint."""
    return {kind: of_kind.told() for kind, of_kind in sorted(figures.items())}


def main() -> None:
    """Deploy, ask, tell, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-minute", type=int, default=PER_MINUTE)
    parser.add_argument("--seconds", type=int, default=600)
    told = parser.parse_args()
    load_before = os.getloadavg()[0]
    with served() as (home, gateway):
        url, key = gateway.front_url, home.key_of("read")
        ended = threading.Event()
        threading.Thread(target=sealing, args=(gateway, ended), daemon=True).start()
        began_s = time.perf_counter()
        steady = measure(url, key, None, told.per_minute, told.seconds)
        took_s = time.perf_counter() - began_s
        ended.set()
        # Ten times the rate for ten seconds: the burst and the rate pass, the rest is told 429.
        beyond = measure(url, None, None, 10 * told.per_minute, 10)
        failed = [line for name in ("event-collector", "realtime-api", "stats-api", "sealer")
                  for line in gateway.log_of(name) if "rror" in line]  # fmt: skip
    result = {
        "cores": os.cpu_count(),
        "load_before": round(load_before, 1),
        "per_minute": told.per_minute,
        "seconds": round(took_s),
        "steady": as_data(steady),
        "ten_times_the_rate_for_10_s": as_data(beyond),
        "errors_logged": len(failed),
    }
    print(json.dumps(result, indent=1), *failed[:5], sep="\n")
    keep("aws-gateway", result)
    sys.exit(1 if any(figures.failures for figures in steady.values()) else 0)


if __name__ == "__main__":
    main()
