#!/usr/bin/env bash
# Runs every test: the web parts' (vitest), then Python's (pytest, the browser's among them), whose
# summary is the last line. With arguments only pytest runs, in one process, with them.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh dev
TEST_BROWSER=$(scripts/browser.sh)
# Playwright brings a Node.js of its own, which wants more of the system than ours does.
PLAYWRIGHT_NODEJS_PATH=$(.venv/bin/python scripts/build_web.py --node-folder)/node
export TEST_BROWSER PLAYWRIGHT_NODEJS_PATH
# Tests start hundreds of processes: each would compile all that it loads.
unset PYTHONDONTWRITEBYTECODE
if (($# == 0)); then
  .venv/bin/python scripts/build_web.py run --silent test
  # A file's tests stay together and in order, files go to whoever is free, the longest first.
  set -- --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
fi
# The process ends without a last look around: some extension modules would print what they find
# there, and the summary is to be the last line.
exec .venv/bin/python -c '
import os, sys, pytest
code = pytest.main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
' "$@"
