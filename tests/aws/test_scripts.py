"""Every script of the AWS home tells how it is used, and refuses what it doesn't know."""

import subprocess

import pytest

from documents import ROOT

SCRIPTS = (
    "benchmark",
    "bootstrap-state",
    "build",
    "deploy",
    "destroy",
    "emergency-deploy",
    "health-check",
    "rollback",
    "state-backup",
)


def run(name, *arguments):
    return subprocess.run(
        [ROOT / "scripts" / f"{name}.sh", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_tells_how_it_is_used(name):
    """`--help` ends well and shows the script's own line with its options."""
    told = run(name, "--help")
    assert told.returncode == 0
    assert f"scripts/{name}.sh" in told.stdout
    assert "--dry-run" in told.stdout


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "build"])
def test_unknown_options_are_refused(name):
    """A mistyped option changes nothing and is named."""
    told = run(name, "--dry-rnu")
    assert told.returncode == 1
    assert "--dry-rnu" in told.stderr


@pytest.mark.parametrize("name", ["deploy", "destroy", "emergency-deploy", "bootstrap-state"])
def test_there_are_two_environments(name):
    """Another environment than dev and prod is refused before anything is asked of AWS."""
    told = run(name, "staging", "--dry-run")
    assert told.returncode == 1
    assert "staging" in told.stderr


def test_prod_is_not_destroyed_by_mistake():
    """While its data is protected, destroying prod stops before AWS hears of it."""
    told = run("destroy", "prod", "--yes")
    assert told.returncode == 1
    assert "protected" in told.stderr
