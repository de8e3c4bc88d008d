"""The AWS home, deployed for real: scripts/deploy.sh against an emulator, once for all tests here.

Terraform and its provider must be there. The provider is looked for in the usual plugin folders
under /opt; elsewhere `terraform init` finds it as it always does.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aws.emulator import environment, running
from aws.gateway import Gateway

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = Path("registry.terraform.io/hashicorp/aws")


def plugin_folder() -> Path | None:
    """A folder that terraform init can take the provider from, without the network."""
    for folder in (Path("/opt"), *(path for path in Path("/opt").glob("*") if path.is_dir())):
        for inner in (folder, folder / "plugins", folder / "terraform" / "plugins"):
            if (inner / PROVIDER).is_dir():
                return inner
    return None


@dataclass
class Home:
    """A deployed environment and the means to do more to it."""

    folder: Path
    environment: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    _ending: "Future[subprocess.CompletedProcess[str]] | None" = None

    def destroy(self) -> None:
        """Begin to take it down."""
        if self._ending is None:
            self._ending = ThreadPoolExecutor(1).submit(self.script, "destroy", "dev", "--yes")

    def destroyed(self) -> "subprocess.CompletedProcess[str]":
        """What was said when it was done."""
        self.destroy()
        assert self._ending is not None
        return self._ending.result()

    def script(self, name: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run one of the scripts, as a person would."""
        return subprocess.run(
            [self.folder / "scripts" / f"{name}.sh", *arguments],
            cwd=self.folder,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def terraform(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Terraform on the deployed state."""
        return subprocess.run(
            ["terraform", "-chdir=terraform", *arguments],
            cwd=self.folder,
            env=self.environment | {"TF_DATA_DIR": ".terraform/dev", "TF_IN_AUTOMATION": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def aws(self, *arguments: str, output: str = "text") -> str:
        """Ask the emulator by AWS's own command line."""
        told = subprocess.run(
            ["aws", *arguments, "--output", output],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout.strip()


@pytest.fixture(scope="session")
def _terraform() -> None:
    if shutil.which("terraform") is None:
        reason = "Terraform is not installed: the AWS home is not tested"
        if os.environ.get("MUST_HAVE_TERRAFORM"):
            pytest.fail(reason)
        pytest.skip(reason)


class Deployment:
    """An account that gets a home while other tests run: most of it is waiting.

    Tables and roles alone come first, as in an emergency; then all of it with packages that hold
    no code yet; then the code alone.
    """

    def __init__(self) -> None:
        self._held = ExitStack()
        self._failure: BaseException | None = None
        self._home: Home | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> Home:
        """The home, when it is there."""
        self._thread.join()
        if self._failure is not None:
            raise AssertionError("the home was not deployed") from self._failure
        assert self._home is not None
        return self._home

    def end(self) -> None:
        """Leave nothing."""
        self._held.close()

    def _run(self) -> None:
        try:
            self._home = self._deployed()
        except BaseException as failure:  # noqa: BLE001 - told where it is waited for
            self._failure = failure

    def _deployed(self) -> Home:
        folder = Path(self._held.enter_context(TemporaryDirectory(prefix="liveinsight-aws-")))
        home = an_account(folder, self._held.enter_context(running()))
        done(home.script("emergency-deploy", "dev", "--yes"))
        home.outputs["emergency tables"] = home.aws(
            "dynamodb", "list-tables", "--query", "TableNames"
        )
        home.outputs["emergency functions"] = home.aws(
            "lambda", "list-functions", "--query", "Functions"
        )
        done(home.script("build", "--placeholder"))
        deploy = ("deploy", "dev", "--yes", "--skip-build", "--skip-health")
        home.outputs["deploy"] = done(home.script(*deploy)).stdout
        empty = Gateway("dev", home.environment, folder / "dist" / "aws")
        try:
            home.outputs["before code"] = json.dumps(empty.invoke("stats-api", {}))
        finally:
            empty.stop()
        home.outputs["build"] = done(home.script("build", "--installed")).stdout
        done(home.script(*deploy, "--code-only"))
        home.outputs["before dry runs"] = told_by(home)
        for name in DRY_RUNS:
            home.outputs[f"dry {name}"] = done(home.script(name, "dev", "--dry-run")).stderr
        home.outputs["after dry runs"] = told_by(home)
        return home


def told_by(home: Home) -> str:
    """What an account and its state say that scripts could have changed."""
    version = ("--query", "join(' ', Aliases[].FunctionVersion)")
    aliases = home.aws(
        "lambda", "list-aliases", "--function-name", "liveinsight-stats-api-dev", *version
    )
    objects = home.aws("s3api", "list-buckets", "--query", "join(' ', Buckets[].Name)")
    pulled = json.loads(home.terraform("state", "pull").stdout)
    # Terraform tells its checks in another order each time.
    state = json.dumps([pulled["serial"], pulled["resources"], pulled["outputs"]], sort_keys=True)
    return f"{state}\n{aliases}\n{objects}"


def done(told: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    """A script that ended well."""
    assert told.returncode == 0, f"{told.stdout[-3000:]}\n{told.stderr[-3000:]}"
    return told


def an_account(folder: Path, address: str) -> Home:
    """What of the repository a deployment needs, in a folder of its own, and an empty account."""
    unwanted = shutil.ignore_patterns("__pycache__", ".terraform", "*.tfplan", "countries.mmdb")
    for part in ("scripts", "terraform", "src", "requirements"):
        shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
    told = environment(address)
    told["PATH"] = f"{Path(sys.executable).parent}:{told['PATH']}"
    told |= {
        "LIVEINSIGHT_PYTHON": sys.executable,
        "LIVEINSIGHT_WEB_DIR": str(a_dashboard(folder)),
        # See terraform/variables.tf: the emulator would shut everybody out.
        "TF_VAR_tls_only": "false",
    }
    if plugins := plugin_folder():
        told["TF_CLI_ARGS_init"] = f"-plugin-dir={plugins}"
    return Home(folder, told)


def a_dashboard(checkout: Path) -> Path:
    """The built pages; where nobody built them yet, one that stands for them."""
    web = checkout / "src" / "liveinsight" / "web"
    if not (web / "dashboard.html").is_file():
        web.mkdir(parents=True, exist_ok=True)
        (web / "dashboard.html").write_text(
            "<!doctype html><html><title>LiveInsight</title></html>"
        )
        (web / "app-1a2b3c4d.css").write_text("body { margin: 0 }")
    return web


DRY_RUNS = ("bootstrap-state", "emergency-deploy", "rollback", "state-backup", "destroy")
DEPLOYMENT = pytest.StashKey[Deployment]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The home is taken down beside the tests of others; whether all is gone is looked at last."""
    items.sort(key=lambda item: item.path.name == "test_destroyed.py")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once where any test will ask for it."""
    wanted = any("deployed" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly and shutil.which("terraform"):
        session.config.stash[DEPLOYMENT] = Deployment()


@pytest.fixture(scope="session")
def deployed(_terraform: None, request: pytest.FixtureRequest) -> Iterator[Home]:
    """The home that one deployment made for all tests here."""
    deployment = request.config.stash[DEPLOYMENT]
    yield deployment.wait()
    deployment.end()
