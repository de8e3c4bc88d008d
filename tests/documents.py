"""What the tests of the documents have in common: where documents and files are."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


@cache
def tracked_files() -> tuple[Path, ...]:
    """All files of the repository, those that are not yet committed too."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = {name for name in told.stdout.decode().split("\0") if name}
    return tuple(sorted(ROOT / name for name in names if (ROOT / name).is_file()))


@cache
def documents() -> tuple[Path, ...]:
    """The documents that users and developers read; the changelog is told of things gone too."""
    return tuple(
        path for path in tracked_files() if path.suffix == ".md" and path.name != "CHANGELOG.md"
    )


@cache
def all_text() -> str:
    """Every document, one after the other."""
    return "\n".join(path.read_text("utf-8") for path in documents())


@cache
def code_words() -> frozenset[str]:
    """All that stands in the documents as `code`, whole and by its parts."""
    spans = CODE.findall(FENCE.sub("", all_text()))
    return frozenset(spans)
