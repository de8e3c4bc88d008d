#!/usr/bin/env bash
# The whole AWS home on this machine, without an account: deployed to an emulator by the same scripts
# and served on loopback, until Ctrl-C.
#
#   scripts/aws-local.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

if [[ ${1:-} == --help || ${1:-} == -h ]]; then usage; fi
need terraform
scripts/setup.sh dev
exec .venv/bin/python tests/aws/local.py
