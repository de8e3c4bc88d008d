#!/usr/bin/env bash
# Everything CI checks, the quick things first. It stops at the first thing that is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh dev
bin=.venv/bin

step() {
  echo "check: $1" >&2
  shift
  "$@"
}

shellcheck() { git ls-files -z '*.sh' .ci/run | xargs -0 "$bin/shellcheck"; }

floors() {
  local said
  said=$(PYTHONPATH=src "$bin/lint-imports" --no-cache --no-logo) || {
    echo "$said"
    return 1
  }
}

step "format" "$bin/ruff" format --check --quiet .
step "lint" "$bin/ruff" check --quiet .
step "shell scripts" shellcheck
step "types" "$bin/mypy" --no-error-summary
step "floors" floors
step "web types" "$bin/python" scripts/build_web.py run --silent check
step "byte budgets" "$bin/python" scripts/build_web.py run --silent budgets
# Where Terraform is missing its tests are passed over; here that is a failure.
export MUST_HAVE_TERRAFORM=1
step "tests" scripts/test.sh "$@"
