"""The bill of materials (CycloneDX 1.6): what a wheel brings along and what it was built with.

`python scripts/bill.py OUT.json`. It is read from the locks, so it says what is installed and no
more; packages from npm are only named `required` where some of them is in the built web parts.
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Any quoted name may be a package's; those that the lock doesn't know are none.
QUOTED = re.compile(r"""["']([@\w][^"'\s]*)["']""")
NAMESPACE = uuid.UUID("6f1c3c5e-6d0e-4d5c-9a36-1c1d7a3c0b11")


def python_parts(lock: Path) -> Iterator[dict[str, object]]:
    """Each pin with the hashes that it may have."""
    for block in re.split(r"^(?=[A-Za-z0-9])", lock.read_text("utf-8"), flags=re.MULTILINE):
        if pin := PIN.match(block):
            hashes = [{"alg": "SHA-256", "content": told} for told in HASH.findall(block)]
            yield _part("pypi", pin[1].lower().replace("_", "-"), pin[2], hashes, is_needed=True)


def npm_parts(lock: Path, bundled: set[str]) -> Iterator[dict[str, object]]:
    """Each package of the lock."""
    for place, told in _packages(lock).items():
        name = place.rpartition("node_modules/")[2]
        kind, _, digest = told["integrity"].partition("-")
        hashes = [
            {"alg": kind.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}
        ]
        yield _part("npm", name, told["version"], hashes, is_needed=name in bundled)


def bundled_packages(lock: Path) -> set[str]:
    """What our sources import, and what that needs."""
    sources = [
        path
        for path in (ROOT / "web").rglob("*")
        if ("src" in path.parts or path.name == "data.mjs")
        and path.suffix in {".ts", ".svelte", ".mjs"}
        and "node_modules" not in path.parts
        and ".test." not in path.name
    ]
    wanted = {
        _package_of(name) for path in sources for name in QUOTED.findall(path.read_text("utf-8"))
    }
    packages = _packages(lock)
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        told = packages.get(f"node_modules/{name}")
        if told is not None and name not in found:
            found.add(name)
            wanted |= set(told.get("dependencies", {}))
    return found


def bill() -> dict[str, object]:
    """The whole, the same for the same locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = ROOT / "web" / "package-lock.json"
    parts = [
        *python_parts(ROOT / "requirements" / "run.txt"),
        *npm_parts(lock, bundled_packages(lock)),
    ]
    told = json.dumps(parts, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, project['version'] + told)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": f"pkg:pypi/{project['name']}@{project['version']}",
            }
        },
        "components": parts,
    }


def _packages(lock: Path) -> dict[str, dict[str, object]]:
    told = json.loads(lock.read_text("utf-8"))["packages"]
    return {place: row for place, row in told.items() if "integrity" in row}


def _package_of(name: str) -> str:
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]


def _part(
    kind: str, name: str, version: str, hashes: list[dict[str, str]], *, is_needed: bool
) -> dict[str, object]:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "scope": "required" if is_needed else "excluded",
        "purl": purl,
        "hashes": hashes,
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=1) + "\n", encoding="utf-8")
