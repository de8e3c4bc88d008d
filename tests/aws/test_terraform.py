"""Terraform's own tests, with a provider that is only pretended: no account, no emulator."""

import shutil
import subprocess

import pytest

from aws.conftest import ROOT, plugin_folder
from aws.emulator import environment


@pytest.fixture(scope="module")
def terraform(_terraform, tmp_path_factory):
    folder = tmp_path_factory.mktemp("terraform") / "terraform"
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
    told = run("init", "-backend=false", "-input=false", "-lockfile=readonly", *where)
    assert told.returncode == 0, told.stderr
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
