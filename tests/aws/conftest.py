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
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import botocore.session
import pytest
from botocore.config import Config

from aws.emulator import environment, running
from aws.gateway import Gateway

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
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
    _clients: dict[str, Any] = field(default_factory=dict)
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

    def aws(self, service: str) -> Any:
        """A client of the account, at the emulator. AWS's own command line takes a second a word."""
        if service not in self._clients:
            told = self.environment
            self._clients[service] = botocore.session.get_session().create_client(
                service,
                endpoint_url=told["AWS_ENDPOINT_URL"],
                region_name=told["AWS_REGION"],
                aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
                # On a busy machine the emulator answers late.
                config=Config(read_timeout=300, retries={"total_max_attempts": 3}),
            )
        return self._clients[service]

    def output(self, name: str) -> str:
        """What Terraform tells of what it made."""
        return self.terraform("output", "-raw", name).stdout

    def key_of(self, scope: str) -> str:
        """The value of one of API Gateway's keys, `read` or `manage`."""
        key = self.output(f"{scope}_key_id")
        value: str = self.aws("apigateway").get_api_key(apiKey=key, includeValue=True)["value"]
        return value

    def close(self) -> None:
        """Let the clients go."""
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="session")
def _terraform() -> None:
    if shutil.which("terraform") is None:
        reason = "Terraform is not installed: the AWS home is not tested"
        if os.environ.get("MUST_HAVE_TERRAFORM"):
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass
class OwnTests:
    """What Terraform says of its files without an account."""

    format: "subprocess.CompletedProcess[str]"
    test: "subprocess.CompletedProcess[str]"


def own_tests(folder: Path) -> OwnTests:
    """Run them on a copy."""
    shutil.copytree(ROOT / "terraform", folder, ignore=shutil.ignore_patterns(".terraform"))

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["terraform", *arguments],
            cwd=folder,
            env=environment("http://127.0.0.1:1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    plugins = plugin_folder()
    where = [f"-plugin-dir={plugins}"] if plugins else []
    done(run("init", "-backend=false", "-input=false", "-lockfile=readonly", *where))
    return OwnTests(run("fmt", "-check", "-recursive"), run("test", "-no-color"))


class Deployment:
    """An account that gets a home while other tests run: most of it is waiting.

    Tables and roles alone come first, as in an emergency; then all of it with packages that hold
    no code yet; then the code alone. Terraform's own tests come after it.
    """

    def __init__(self, *, deploys: bool) -> None:
        self._held = ExitStack()
        self._folder = Path(
            self._held.enter_context(
                TemporaryDirectory(prefix="liveinsight-aws-", ignore_cleanup_errors=True)
            )
        )
        self._home: Future[Home] = Future()
        self._own_tests: Future[OwnTests] = Future()
        threading.Thread(target=self._run, args=(deploys,), daemon=True).start()

    def wait(self) -> Home:
        """The home, when it is there."""
        return self._home.result()

    def wait_for_own_tests(self) -> OwnTests:
        """What Terraform's own tests said."""
        return self._own_tests.result()

    def end(self) -> None:
        """Leave nothing."""
        self._held.close()

    def _run(self, deploys: bool) -> None:  # noqa: FBT001 - a thread's target
        if deploys:
            settle(self._home, self._deployed)
        settle(self._own_tests, partial(own_tests, self._folder / "own"))

    def _deployed(self) -> Home:
        folder = self._folder / "home"
        home = an_account(folder, self._held.enter_context(running()))
        done(home.script("emergency-deploy", "dev", "--yes"))
        self._held.callback(home.close)
        home.outputs["emergency tables"] = " ".join(
            home.aws("dynamodb").list_tables()["TableNames"]
        )
        home.outputs["emergency functions"] = json.dumps(
            home.aws("lambda").list_functions()["Functions"]
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


def settle(future: "Future[T]", work: Callable[[], T]) -> None:
    """Do the work; what goes wrong is told where it is waited for."""
    try:
        future.set_result(work())
    except BaseException as failure:  # noqa: BLE001 - see above
        future.set_exception(failure)


def told_by(home: Home) -> str:
    """What an account and its state say that scripts could have changed."""
    aliases = home.aws("lambda").list_aliases(FunctionName="liveinsight-stats-api-dev")["Aliases"]
    versions = [alias["FunctionVersion"] for alias in aliases]
    buckets = [bucket["Name"] for bucket in home.aws("s3").list_buckets()["Buckets"]]
    pulled = json.loads(home.terraform("state", "pull").stdout)
    # Terraform tells its checks in another order each time.
    state = json.dumps([pulled["serial"], pulled["resources"], pulled["outputs"]], sort_keys=True)
    return f"{state}\n{versions}\n{buckets}"


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


WAITED_FOR = {"test_deployed.py", "test_terraform.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Others are tested while the home is made and while it is taken down; whether all is gone is
    looked at last.
    """

    def place(item: pytest.Item) -> int:
        name = item.path.name
        if name in WAITED_FOR:
            return 1
        if name == "test_destroyed.py":
            return 3
        return 0 if item.path.relative_to(ROOT / "tests").parts[0] < "process" else 2

    items.sort(key=place)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once where any test will ask for it."""
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    may = not session.config.option.collectonly and shutil.which("terraform")
    if "deployment" in wanted and may:
        session.config.stash[DEPLOYMENT] = Deployment(deploys="deployed" in wanted)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Also where no test came as far as asking for it."""
    deployment = config.stash.get(DEPLOYMENT, None)
    if deployment is not None:
        deployment.end()


@pytest.fixture(scope="session")
def deployment(_terraform: None, request: pytest.FixtureRequest) -> Deployment:
    """What was begun when the tests began."""
    return request.config.stash[DEPLOYMENT]


@pytest.fixture(scope="session")
def deployed(deployment: Deployment) -> Home:
    """The home that one deployment made for all tests here."""
    return deployment.wait()
