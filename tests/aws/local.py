"""`make aws-local`: the whole AWS home on this machine, deployed to an emulator and served on loopback.

Deploys with the same scripts as to AWS, serves API and dashboard as they were deployed, runs the
sealer every minute, and prints where they are. Ctrl-C ends it and leaves nothing.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from aws.conftest import Home, an_account  # noqa: E402 - found by the path above
from aws.emulator import running  # noqa: E402
from aws.gateway import Gateway  # noqa: E402
from aws.sandbox import FunctionFailedError  # noqa: E402

SEAL_EVERY_S = 60
# What calls itself curl is set aside as a bot.
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
# One person tries things out here: no reason to make them wait.
MANY_REQUESTS = {"requests_per_minute": "60000", "request_burst": "1000"}


@contextmanager
def served(**settings: str) -> Iterator[tuple[Home, Gateway]]:
    """The home, deployed with these settings of Terraform's, and what serves it."""
    with tempfile.TemporaryDirectory(prefix="liveinsight-aws-") as folder, running() as address:
        home = an_account(Path(folder), address)
        home.environment |= {f"TF_VAR_{name}": value for name, value in settings.items()}
        print("deploying to an emulator; this takes a minute or two", flush=True)
        for script, *arguments in (
            ("build", "--installed"),
            ("deploy", "dev", "--yes", "--skip-build", "--skip-health"),
        ):
            told = home.script(script, *arguments)
            if told.returncode:
                sys.exit(told.stdout + told.stderr)
        gateway = Gateway("dev", home.environment, home.folder / "dist" / "aws")
        try:
            yield home, gateway
        finally:
            gateway.stop()
            home.close()


def seal(gateway: Gateway) -> None:
    """Run the sealer as its schedule does; what goes wrong is told and is the next run's."""
    try:
        gateway.invoke("sealer", {})
    except FunctionFailedError as error:
        print(f"sealer: {error}", flush=True)


def main() -> None:
    """Deploy, serve, seal, until it is stopped."""
    if shutil.which("terraform") is None:
        sys.exit("Terraform is not installed: see docs/run-aws.md")
    for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell had the first ignored
        signal.signal(name, signal.default_int_handler)
    try:
        with served(**MANY_REQUESTS) as (home, gateway):
            tell(home, gateway)
            while True:
                time.sleep(SEAL_EVERY_S)
                seal(gateway)
    except KeyboardInterrupt:
        print("ended")


def tell(home: Home, gateway: Gateway) -> None:
    """Where it is, the keys, and how to have something to look at."""
    print(f"dashboard   {gateway.front_url}/   (it asks for the read key)")
    print(f"read key    {home.key_of('read')}")
    print(f"manage key  {home.key_of('manage')}")
    print(f"API         {gateway.api_url}/api/events")
    print(f'for a page  <script defer src="{gateway.front_url}/js/li.js" data-local></script>')
    print(f"or at once  curl -A '{FIREFOX}' -H Content-Type:application/json \\")
    print("""              -d '{"page_url": "https://shop.example/hello"}' \\""")
    print(f"              {gateway.api_url}/api/events")
    print("It is sealed every minute. Ctrl-C ends it and leaves nothing.", flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(str(error.stderr))
