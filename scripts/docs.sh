#!/usr/bin/env bash
# Makes the documents into a static site in build/site; with --serve it is shown too.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh run
.venv/bin/python scripts/pages.py build/site
if [[ ${1:-} == --serve ]]; then
  exec .venv/bin/python -m http.server --bind 127.0.0.1 --directory build/site "${2:-8080}"
fi
