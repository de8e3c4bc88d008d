#!/usr/bin/env bash
# Builds the wheel and the source distribution into dist/, the web parts inside both.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh dev
rm -rf dist
.venv/bin/python -m hatchling build "$@"
