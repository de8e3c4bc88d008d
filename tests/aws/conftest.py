"""The AWS home, deployed for real by its own scripts, to an emulator.

Terraform and its provider must be there. The provider is looked for in the usual plugin folders
under /opt; elsewhere `terraform init` finds it as it always does.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from aws.emulator import environment

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
    _clients: dict[str, Any] = field(default_factory=dict)

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
