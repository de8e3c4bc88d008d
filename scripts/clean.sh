#!/usr/bin/env bash
# Removes what building and testing made. Collected data are never touched.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .venv dist build test-output web/node_modules src/liveinsight/web src/liveinsight/data \
  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
