"""Builds the functions' packages: zips that hold what a handler imports and nothing else.

What to take in is read from the import statements, starting at the handlers; what is of others
comes from the locked releases (requirements/run.txt, with hashes). The same sources give the same
bytes, on any machine with the same Python: sorted, of one date, compiled without times.
Called by scripts/build.sh.
"""

import argparse
import ast
import hashlib
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
HANDLERS = "liveinsight.entrypoints.handlers"
LOCK = ROOT / "requirements" / "run.txt"

# Package -> its handlers, and the most megabytes its zip may have.
PACKAGES = {
    "collector": (("event_collector",), 3.0),
    "realtime": (("realtime_api",), 6.0),
    "stats": (("stats_api", "sealer"), 35.0),
}
# Modules of others -> the releases that bring them; botocore is Lambda's own.
DISTRIBUTIONS = {
    "duckdb": ("duckdb",),
    "maxminddb": ("maxminddb",),
    "msgspec": ("msgspec",),
    "numpy": ("numpy",),
    "pytz": ("pytz",),
    "re2": ("google-re2",),
    "ua_parser": ("ua-parser", "ua-parser-builtins"),
    "ua_parser_rs": ("ua-parser-rs",),
    "zoneinfo": ("tzdata",),
}
OF_LAMBDA = {"boto3", "botocore"}
# Never run there: DuckDB takes batches in as JSON, since numpy needs a newer system.
LEFT_OUT = {"liveinsight.adapters.sql.columns"}
DATA = {"liveinsight.adapters.recognise.bots": ("data/bots.json",)}

# Lambda's Python 3.11 runs on Amazon Linux 2. Wheels may claim to need a newer system and don't:
# what counts is which versions of the system's libraries their machine code asks for.
SYSTEM = {"GLIBC": (2, 26), "GLIBCXX": (3, 4, 24), "CXXABI": (1, 3, 11)}
PLATFORMS = {
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_26_x86_64", "manylinux_2_28_x86_64"),
    "arm64": ("manylinux2014_aarch64", "manylinux_2_26_aarch64", "manylinux_2_28_aarch64"),
}
DATE = (1980, 1, 1, 0, 0, 0)
PLACEHOLDER = """\"\"\"Stands where no code has been deployed yet.\"\"\"


def handler(event, context):
    return {"statusCode": 503, "headers": {"Retry-After": "60", "Access-Control-Allow-Origin": "*"},
            "body": '{"status":"error","message":"Nothing is deployed here yet.","details":{}}'}
"""


def main() -> None:
    """Build them all, or the placeholders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "aws")
    parser.add_argument("--arch", choices=sorted(PLATFORMS), default="x86_64")
    parser.add_argument("--placeholder", action="store_true")
    parser.add_argument("--only", choices=sorted(PACKAGES), action="append")
    parser.add_argument("--installed", action="store_true")
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    for name, (handlers, most_mb) in PACKAGES.items():
        if told.only and name not in told.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            stage = Path(folder)
            present = [handler for handler in handlers if handler_file(handler).is_file()]
            if told.placeholder:
                present = []
            if present:
                fill(stage, present, None if told.installed else told.arch)
            for handler in sorted({*handlers} - {*present}):
                write(stage / "handlers" / f"{handler}.py", PLACEHOLDER)
            compile_all(stage)
            target = told.out / f"{name}.zip"
            pack(stage, target)
        size_mb = target.stat().st_size / 1e6
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        sys.stdout.write(f"{name:10} {size_mb:6.2f} MB  {digest}\n")
        if size_mb > most_mb:
            sys.exit(f"{target} is larger than {most_mb} MB: what was added to its imports?")


def handler_file(handler: str) -> Path:
    """A handler's module."""
    return module_file(f"{HANDLERS}.{handler}")


def module_file(module: str) -> Path:
    """Where a module of ours lies; it may not be there."""
    path = SOURCES.joinpath(*module.split("."))
    package = path / "__init__.py"
    return package if package.is_file() else path.with_suffix(".py")


def fill(stage: Path, handlers: Iterable[str], arch: str | None) -> None:
    """Put into the stage what the handlers need; without `arch` from what is installed here."""
    ours, others = reached({f"{HANDLERS}.{handler}" for handler in handlers})
    for module in ours:
        file = module_file(module)
        if module.startswith(HANDLERS + "."):
            copy(file, stage / "handlers" / file.name)
            continue
        copy(file, stage / file.relative_to(SOURCES))
        if file.name == "__init__.py":
            for data in sorted(file.parent.rglob("*")):
                if data.suffix in {".sql", ".toml", ".txt"}:
                    copy(data, stage / data.relative_to(SOURCES))
        for name in DATA.get(module, ()):
            if (SOURCES / "liveinsight" / name).is_file():
                copy(SOURCES / "liveinsight" / name, stage / "liveinsight" / name)
    unknown = others - DISTRIBUTIONS.keys() - OF_LAMBDA
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))}: which release brings it? Say so in DISTRIBUTIONS.")
    wanted = {name for module in others - OF_LAMBDA for name in DISTRIBUTIONS[module]}
    if arch is None:
        take(stage, wanted)
    else:
        install(stage, wanted, arch)


def take(stage: Path, wanted: set[str]) -> None:
    """Copy the releases that this Python has: for this machine only, and without the network."""
    for name in sorted(wanted):
        for file in metadata.distribution(name).files or ():
            if ".." not in file.parts and file.suffix != ".pyc" and file.name != "RECORD":
                copy(Path(str(file.locate())), stage / file)


def reached(start: set[str]) -> tuple[list[str], set[str]]:
    """All modules of ours that are imported from there on, and the top names of others'."""
    ours: set[str] = set()
    others: set[str] = set()
    waiting = set(start)
    while waiting:
        module = waiting.pop()
        ours.add(module)
        for name in imports(module):
            top = name.partition(".")[0]
            if top == "liveinsight":
                waiting |= {part for part in chain_of(name) if part not in ours | LEFT_OUT}
            elif top not in sys.stdlib_module_names or top == "zoneinfo":
                others.add(top)
    return sorted(ours), others


def chain_of(name: str) -> Iterable[str]:
    """The module that a dotted name stands for, and all packages that it lies in."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        module = ".".join(parts[:length])
        if module_file(module).is_file():
            yield module


def imports(module: str) -> Iterable[str]:
    """Every dotted name that a module imports, also within functions."""
    for node in ast.walk(ast.parse(module_file(module).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def install(stage: Path, wanted: set[str], arch: str) -> None:
    """Install the locked releases for Lambda's system, checked by their hashes."""
    locked = dict(
        re.findall(
            r"^([a-z0-9-]+)(==.*?(?:\n {4}--hash=\S+(?: \\)?)+)$", LOCK.read_text(), re.MULTILINE
        )
    )
    if missing := wanted - locked.keys():
        sys.exit(f"{', '.join(sorted(missing))} is not in {LOCK.name}: run scripts/lock.sh")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as chosen:
        chosen.write("\n".join(name + locked[name] for name in sorted(wanted)) + "\n")
        chosen.flush()
        platforms = [part for platform in PLATFORMS[arch] for part in ("--platform", platform)]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--target", str(stage), "--requirement", chosen.name, "--require-hashes"]
        command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--python-version", "3.11"]
        subprocess.run([*command, "--implementation", "cp", *platforms], check=True)
    for waste in (
        "bin",
        "*.dist-info/RECORD",
        "*.dist-info/direct_url.json",
        "*.dist-info/REQUESTED",
    ):
        for path in stage.glob(waste):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for library in stage.rglob("*.so*"):
        check_system(library)


def check_system(library: Path) -> None:
    """Refuse machine code that Lambda's system cannot load."""
    code = library.read_bytes()
    for name, most in SYSTEM.items():
        for found in set(re.findall(rb"\0" + name.encode() + rb"_([0-9.]+)(?=\0)", code)):
            version = tuple(int(part) for part in found.decode().split("."))
            if version > most:
                sys.exit(f"{library.name} asks for {name} {found.decode()}, Lambda has {most}")


def compile_all(stage: Path) -> None:
    """Spare every cold start the compiling. Only Lambda's own Python can do it."""
    if sys.version_info[:2] != (3, 11):
        sys.stderr.write("not Python 3.11: the packages start slower, as nothing is compiled\n")
        return
    for file in sorted(stage.rglob("*.py")):
        py_compile.compile(
            str(file),
            dfile=str(file.relative_to(stage)),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            quiet=1,
        )


def pack(stage: Path, target: Path) -> None:
    """The zip: sorted, of one date and mode, so that equal files are equal bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in stage.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(stage)), DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())


def copy(source: Path, target: Path) -> None:
    """A file into the stage."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write(target: Path, text: str) -> None:
    """A text into the stage."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
