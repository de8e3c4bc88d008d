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

from aws.conftest import Home, plugin_folder  # noqa: E402 - found by the path above
from aws.emulator import environment, running  # noqa: E402
from aws.gateway import Gateway  # noqa: E402
from aws.sandbox import FunctionFailedError  # noqa: E402

SEAL_EVERY_S = 60


def main() -> None:
    """Deploy, serve, seal, until it is stopped."""
    if shutil.which("terraform") is None:
        sys.exit("Terraform is not installed: see docs/run-aws.md")
    with tempfile.TemporaryDirectory() as folder, running() as address:
        home = a_home(Path(folder), address)
        print("deploying to an emulator; this takes a minute or two", flush=True)
        for script, *arguments in (
            ("build", "--installed"),
            ("deploy", "dev", "--yes", "--skip-build", "--skip-health"),
        ):
            done = home.script(script, *arguments)
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
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


def a_home(folder: Path, address: str) -> Home:
    """A copy of what a deployment needs, and an environment that knows only the emulator."""
    for part in ("scripts", "terraform", "src", "requirements"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(".terraform"))
    told = environment(address) | {
        "LIVEINSIGHT_PYTHON": sys.executable,
        "TF_VAR_tls_only": "false",
        "TF_VAR_requests_per_minute": "60000",
        "TF_VAR_request_burst": "1000",
    }
    told["PATH"] = f"{Path(sys.executable).parent}:{told['PATH']}"
    if plugins := plugin_folder():
        told["TF_CLI_ARGS_init"] = f"-plugin-dir={plugins}"
    return Home(folder, told)


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
