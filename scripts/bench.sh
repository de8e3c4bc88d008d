#!/usr/bin/env bash
# Runs the benchmarks (`python -m benchmarks`), the load made by wrk. Results are kept as data.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh dev
if ! command -v wrk >/dev/null; then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "bench: installing wrk" >&2
    apt-get update -qq && apt-get install -qq -y wrk >/dev/null
  else
    echo "bench: needs wrk (apt install wrk, brew install wrk)" >&2
    exit 1
  fi
fi
exec .venv/bin/python -m benchmarks "$@"
