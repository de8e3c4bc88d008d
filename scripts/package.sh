#!/usr/bin/env bash
# Builds the wheel and the source distribution into dist/, the web parts inside both, and beside
# them the bill of materials.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh dev
rm -rf dist
.venv/bin/python -m hatchling build "$@"
.venv/bin/python scripts/bill.py dist/liveinsight.cdx.json
