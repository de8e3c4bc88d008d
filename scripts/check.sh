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

# What the service needs is held against the known weaknesses. Where the registry cannot be asked
# nothing is known, which is told and fails nothing.
audit() {
  local said
  if said=$(timeout 60 "$bin/pip-audit" --require-hashes --disable-pip --progress-spinner off \
    --requirement requirements/run.txt 2>&1) && ! grep -q "could not be audited" <<<"$said"; then
    return
  fi
  if grep -q "^Found " <<<"$said"; then
    echo "$said"
    return 1
  fi
  echo "check: not audited, the registry cannot be asked for weaknesses" >&2
}

step "format" "$bin/ruff" format --check --quiet .
step "lint" "$bin/ruff" check --quiet .
step "shell scripts" shellcheck
step "types" "$bin/mypy" --no-error-summary
step "floors" floors
step "weaknesses of dependencies" audit
step "web types" "$bin/python" scripts/build_web.py run --silent check
step "byte budgets" "$bin/python" scripts/build_web.py run --silent budgets
# Where Terraform is missing its tests are passed over; here that is a failure.
export MUST_HAVE_TERRAFORM=1
step "tests" scripts/test.sh "$@"
