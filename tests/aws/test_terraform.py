"""Terraform's own tests, with a provider that is only pretended: no account, no emulator."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aws.conftest import ROOT, done, plugin_folder
from aws.emulator import environment


@pytest.fixture(scope="module")
def terraform(_terraform):
    """Runs it on a copy of our files."""
    with TemporaryDirectory(prefix="liveinsight-terraform-") as folder:
        yield on_copy(Path(folder) / "own")


def on_copy(folder):
    shutil.copytree(ROOT / "terraform", folder, ignore=shutil.ignore_patterns(".terraform"))

    def run(*arguments):
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
    return run


def test_it_is_formatted(terraform):
    """`terraform fmt` would change nothing."""
    told = terraform("fmt", "-check", "-recursive")
    assert told.returncode == 0, told.stdout


def test_its_own_tests_pass(terraform):
    """Names, keys, policies, alarms, and settings that are refused (terraform/tests)."""
    told = terraform("test", "-no-color")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "0 failed" in told.stdout
