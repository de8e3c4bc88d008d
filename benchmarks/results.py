"""What the benchmarks share: where their results are kept."""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def keep(name: str, result: object) -> Path:
    """Write a run as data, so that the next can be compared with it."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path
