"""`make aws-local`: the whole AWS home on this machine, deployed to an emulator and served on loopback.

Deploys with the same scripts as to AWS, serves API and dashboard as they were deployed, runs the
sealer every minute, and prints where they are. Ctrl-C ends it and leaves nothing.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from aws.conftest import Home, an_account  # noqa: E402 - found by the path above
from aws.emulator import running  # noqa: E402
from aws.gateway import Gateway  # noqa: E402
from aws.sandbox import FunctionFailedError  # noqa: E402

SEAL_EVERY_S = 60
# One person tries things out here: no reason to make them wait.
MANY_REQUESTS = {"TF_VAR_requests_per_minute": "60000", "TF_VAR_request_burst": "1000"}


def main() -> None:
    """Deploy, serve, seal, until it is stopped."""
    if shutil.which("terraform") is None:
        sys.exit("Terraform is not installed: see docs/run-aws.md")
    with tempfile.TemporaryDirectory() as folder, running() as address:
        home = an_account(Path(folder), address)
        home.environment |= MANY_REQUESTS
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
            tell(home, gateway)
            while True:
                time.sleep(SEAL_EVERY_S)
                try:
                    gateway.invoke("sealer", {})
                except FunctionFailedError as error:
                    print(f"sealer: {error}", flush=True)
        except KeyboardInterrupt:
            print("ending")
        finally:
            gateway.stop()


def tell(home: Home, gateway: Gateway) -> None:
    """Where it is, and the key that reads."""
    key_id = home.terraform("output", "-raw", "read_key_id").stdout
    value = ("--include-value", "--api-key", key_id, "--query", "value")
    print(f"dashboard  {gateway.front_url}/")
    print(f"API        {gateway.api_url}/api/events")
    print(f"read key   {home.aws('apigateway', 'get-api-key', *value)}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(str(error.stderr))
