"""`python -m benchmarks [name...]`: runs the named benchmarks, or all; options are passed on to one.

Each runs in a process of its own, so that none sees another's memory. Their modules may import
what they share as `results` (run as a file) or as `benchmarks.results` (run with -m).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "lake": "rebuilding, sealing, importing and memory of a day of a million events",
    "recognise": "what recognising agents, countries and sources costs",
    "collect": "acknowledged events beside an empty app and nginx, and their latency",
    "query": "every panel of the dashboard over 1 and 10 million events, beside native tables",
    "small": "every question over 10 million events where memory is little",
    "functions": "the AWS functions' start beside a bare one's, and their work for a request",
    "dashboard": "first paint, first numbers, a filter's click and calm, in a real Chromium",
    "gateway": "a thousand requests a minute for ten minutes to the AWS home, on an emulator",
    "live": "how soon an event is seen, what watching costs, how soon the server is ready",
}


def run(name: str, options: list[str]) -> int:
    """One benchmark's exit code."""
    print(f"# {name}: {BENCHMARKS[name]}", flush=True)
    paths = (str(HERE.parent), str(HERE.parent / "src"), os.environ.get("PYTHONPATH", ""))
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.call([sys.executable, str(HERE / f"{name}.py"), *options], env=environ)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="name")
    told, options = parser.parse_known_args()
    if options and len(told.names) != 1:
        parser.error("options are one benchmark's: name it")
    sys.exit(max(run(name, options) for name in told.names or BENCHMARKS))
