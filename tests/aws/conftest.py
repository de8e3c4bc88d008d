"""The AWS home, deployed for real: scripts/deploy.sh against an emulator, once for all tests here.

Terraform and its provider must be there. The provider is looked for in the usual plugin folders
under /opt; elsewhere `terraform init` finds it as it always does.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aws.emulator import environment, running

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


@pytest.fixture(scope="session")
def checkout(_terraform: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What of the repository a deployment needs, in a folder of its own."""
    folder = tmp_path_factory.mktemp("checkout")
    unwanted = shutil.ignore_patterns("__pycache__", ".terraform", "*.tfplan", "countries.mmdb")
    for part in ("scripts", "terraform", "src", "requirements"):
        shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
    return folder


@pytest.fixture(scope="session")
def emulated(checkout: Path) -> Iterator[Home]:
    """An empty account."""
    with running() as address:
        told = environment(address)
        told["PATH"] = f"{Path(sys.executable).parent}:{told['PATH']}"
        told |= {
            "LIVEINSIGHT_PYTHON": sys.executable,
            "LIVEINSIGHT_WEB_DIR": str(a_dashboard(checkout)),
            # See terraform/variables.tf: the emulator would shut everybody out.
            "TF_VAR_tls_only": "false",
        }
        if plugins := plugin_folder():
            told["TF_CLI_ARGS_init"] = f"-plugin-dir={plugins}"
        yield Home(checkout, told)


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


@pytest.fixture(scope="session")
def deployed(emulated: Home) -> Home:
    """scripts/build.sh and scripts/deploy.sh, from an empty account to the end."""
    built = emulated.script("build", "--installed")
    assert built.returncode == 0, built.stderr
    told = emulated.script("deploy", "dev", "--yes", "--skip-build", "--skip-health")
    assert told.returncode == 0, f"{told.stdout[-3000:]}\n{told.stderr[-3000:]}"
    emulated.outputs["deploy"] = told.stdout
    return emulated
