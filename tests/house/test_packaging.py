"""What is packed to be run by others: as nobody, from what is locked, with what the program knows."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from liveinsight.wiring.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"


def test_the_container_runs_as_nobody_from_the_locks():
    """Its last stage has a user, no shell form, no build tools; everything comes by hash."""
    stages = re.split(
        r"^FROM ", (PACKAGING / "Containerfile").read_text("utf-8"), flags=re.MULTILINE
    )[1:]
    assert len(stages) == 2
    last = stages[-1]
    user = re.search(r"^USER (\S+)", last, re.MULTILINE)
    assert user
    assert user[1] not in {"root", "0"}
    assert "pip" not in last
    installs = re.findall(r"\bpip\b.* install ([^\\\n]*)", stages[0])
    assert installs
    assert all("--require-hashes" in one or "dist/*.whl" in one for one in installs)
    assert re.search(r'^ENTRYPOINT \["', last, re.MULTILINE)


def test_the_container_is_built_of_what_is_there():
    """What is copied exists, what the package is made of is not left out, and what a build, a test
    or a server leaves behind in a clone does not come in.
    """
    text = (PACKAGING / "Containerfile").read_text("utf-8")
    left_out = set((ROOT / ".dockerignore").read_text("utf-8").splitlines())
    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE)
    read = re.findall(r"-r (\S+)", text)
    made_of = ["src", "web", "scripts", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE"]
    assert copied
    assert read
    for path in (*copied, *read, *made_of):
        assert (ROOT / path).exists()
        assert path.partition("/")[0] not in left_out
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    folders = {line.strip("/") for line in ignored if re.fullmatch(r"/\S+/", line)}
    assert folders
    assert folders <= left_out


def test_what_the_container_runs_exists():
    """Its command is one of the program's, and its health is asked where the program tells it."""
    text = (PACKAGING / "Containerfile").read_text("utf-8")
    assert '["liveinsight"]' in text
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", text)
    assert asked
    assert f"EXPOSE {asked[1]}" in text
    default = next(f for f in msgspec.structs.fields(Settings) if f.name == "port").default
    assert int(asked[1]) == default
    assert asked[2] in (ROOT / "docs" / "api.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml", "liveinsight.service"])
def test_settings_in_it_exist(name):
    """A setting that is misspelt would stop the start."""
    told = set(re.findall(rf"{PREFIX}(\w+)", (PACKAGING / name).read_text("utf-8")))
    assert told
    assert {one.lower() for one in told} <= set(Settings.__struct_fields__)


def test_the_composed_server_may_write_nowhere_else():
    """A read-only root, no capability, no way to more of them."""
    text = (PACKAGING / "compose.yaml").read_text("utf-8")
    server = text.partition("  caddy:")[0]
    for wanted in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "mem_limit"):
        assert wanted in server


def test_the_unit_is_right(tmp_path):
    """systemd reads it without a complaint but that the program is not there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(PACKAGING / "liveinsight.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "liveinsight.service" in line]
    assert [line for line in said if "is not executable" not in line] == []


def test_the_unit_leaves_little(tmp_path):
    """What systemd calls exposure: of 10, at most 2."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    unit = PACKAGING / "liveinsight.service"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Unknown" in done.stderr or "unrecognized" in done.stderr:
        pytest.skip("this systemd cannot look at a file")
    assert done.returncode == 0, done.stdout[-400:]
