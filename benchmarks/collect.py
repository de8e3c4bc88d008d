"""What an acknowledged event costs, beside an empty app on the same server in the same run.

The server has one core, the load generator (wrk) the other. Rounds of all contenders alternate,
so that whatever else the machine does hits all alike; ratios are of medians. Processor time per
request is told too: it depends less on the neighbours than throughput does. What the machine's
host gave to others meanwhile is told beside each round.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from results import keep
from serving import (
    LOAD_CORE,
    Server,
    free_port,
    load_average,
    on_core,
    rest,
    stolen_s,
    touch_memory,
)

HERE = Path(__file__).parent
CONNECTIONS = 64
BATCH = 100
PACED_PER_S = 1000
# A paced round lasts so many times as long: all connections open at its begin and send at once,
# which would be more than the slowest percent of a short one.
PACED_TIMES = 4
# What the rounds take: ids, the live view, and the journal as the system keeps it.
MEMORY_MB = 3000
Round = dict[str, float]

NGINX = """
daemon off; worker_processes 1; error_log stderr crit; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log; keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
}}
"""


def load(server: Server, seconds: int, *, batch: int = 0, delay_ms: int = 0) -> Round:
    """One run of wrk against the server."""
    script, prefix = str(HERE / "events.lua"), uuid.uuid4().hex[:10]
    command = ("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script)
    url = f"http://127.0.0.1:{server.port}/api/events"
    cpu_s, lost_s = server.cpu_s(), stolen_s()
    told = subprocess.check_output(
        [*on_core(LOAD_CORE, command), url, "--", prefix, str(batch), str(delay_ms)], text=True
    )
    cpu_s, lost_s = server.cpu_s() - cpu_s, stolen_s() - lost_s
    line = next(line for line in told.splitlines() if line.startswith("RESULT "))
    result: Round = json.loads(line.removeprefix("RESULT "))
    if not result["requests"]:  # starved by the neighbours: a failure, and told as one
        result |= {"failed": result["failed"] + 1, "p99_ms": seconds * 1000}
    return {
        **result,
        "per_s": round(result["requests"] / result["seconds"]),
        "cpu_us": round(cpu_s / max(result["requests"], 1) * 1e6, 1),
        "load_average": load_average(),
        "stolen_percent": round(100 * lost_s / seconds / (os.cpu_count() or 1), 2),
    }


def nginx(folder: Path) -> Server:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port), "ascii")
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    # One process, so that what is watched is what works.
    command = (program, "-c", str(config), "-g", "master_process off;")
    return Server(command, port, "/")


def has_nginx() -> bool:
    return bool(shutil.which("nginx")) or Path("/usr/sbin/nginx").exists()


def median(rounds: list[Round]) -> Round:
    return {name: statistics.median(told[name] for told in rounds) for name in rounds[0]}


def measure(rounds: int, seconds: int) -> dict[str, list[Round]]:
    """All rounds of all contenders."""
    touch_memory(MEMORY_MB)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        empty = (sys.executable, str(HERE / "empty_app.py"), str(port))
        servers = {
            "liveinsight": stack.enter_context(Server.liveinsight(folder / "data")),
            "empty app": stack.enter_context(Server(empty, port, "/")),
        }
        if has_nginx():
            servers["nginx"] = stack.enter_context(nginx(folder))
        for server in servers.values():
            load(server, 2)
        ours, empty_app = servers["liveinsight"], servers["empty app"]
        delay_ms, long = CONNECTIONS * 1000 // PACED_PER_S, PACED_TIMES * seconds
        turn: dict[str, Callable[[], Round]] = {
            **{name: partial(load, server, seconds) for name, server in servers.items()},
            "batches": partial(load, ours, seconds, batch=BATCH),
            "paced": partial(load, ours, long, delay_ms=delay_ms),
            "empty app, paced": partial(load, empty_app, long, delay_ms=delay_ms),
        }
        told: dict[str, list[Round]] = {name: [] for name in turn}
        for _ in range(rounds):
            for name, one_round in turn.items():
                rest(servers.values())
                told[name].append(one_round())
    return told


def judged(told: dict[str, list[Round]]) -> dict[str, object]:
    """Each figure beside its target."""
    middle = {name: median(rounds) for name, rounds in told.items()}
    ours, empty = middle["liveinsight"], middle["empty app"]
    figures: dict[str, tuple[float, str, float]] = {
        "ratio to an empty app": (ours["per_s"] / empty["per_s"], ">=", 0.60),
        "ratio to an empty app, by processor time": (empty["cpu_us"] / ours["cpu_us"], ">=", 0.60),
        "batches to singles, events/s": (
            BATCH * middle["batches"]["per_s"] / ours["per_s"],
            ">=",
            8,
        ),
        "p99 at saturation, ms": (ours["p99_ms"], "<", 40),
        "p99 at 1,000 events/s, ms": (middle["paced"]["p99_ms"], "<", 10),
        "failed requests": (sum(r["failed"] for rs in told.values() for r in rs), "<", 1),
    }
    held = {
        name: {
            "measured": round(value, 3),
            "target": f"{sign} {target}",
            "holds": value >= target if sign == ">=" else value < target,
        }
        for name, (value, sign, target) in figures.items()
    }
    held["p99 of the empty app at 1,000/s, ms, told beside"] = {
        "measured": middle["empty app, paced"]["p99_ms"]
    }
    if "nginx" in middle:
        held["ratio to nginx, told beside"] = {
            "measured": round(ours["per_s"] / middle["nginx"]["per_s"], 3)
        }
    return {"figures": held, "medians": middle, "rounds": told}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    chosen = parser.parse_args()
    python = {"python": sys.version.split()[0], "machine": platform.machine()}
    result = {**python, **judged(measure(chosen.rounds, chosen.seconds))}
    print(json.dumps({name: result[name] for name in ("figures", "medians")}, indent=1))
    print(keep("collect", result))
