#!/usr/bin/env bash
# Builds the functions' packages into dist/aws and prints their sizes and hashes. The same sources
# give the same bytes.
#
#   scripts/build.sh [--arch x86_64|arm64] [--placeholder] [--only collector|realtime|stats] [--installed] [--dry-run]
#     --placeholder   packages that only say that nothing is deployed yet
#     --installed     with the releases that are installed here, for an emulator on this machine
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

python=python3
if [[ -x .venv/bin/python ]]; then python=.venv/bin/python; fi
python=${LIVEINSIGHT_PYTHON:-$python}
for argument in "$@"; do
  case $argument in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  esac
done
arguments=()
for argument in "$@"; do [[ $argument == --dry-run ]] || arguments+=("$argument"); done
need "$python"
run "$python" scripts/package_functions.py "${arguments[@]}"
