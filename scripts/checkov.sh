#!/usr/bin/env bash
# Looks the Terraform files over with Checkov. What it finds is mended, or gets a line with its reason
# in terraform/.checkov.yaml. Checkov comes into build/checkov, once, with the 200 packages that it
# needs (290 MB): too much for every `make check`, which only tests that each line has its reason.
#
#   scripts/checkov.sh [CHECKOV-OPTIONS...]
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=3.3.30
if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
fi
venv=build/checkov
if [[ $("$venv/bin/pip" show checkov 2>/dev/null | sed -n 's/^Version: //p') != "$VERSION" ]]; then
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet "checkov==$VERSION"
fi
# It asks its maker for guidelines to print unless told not to; findings need nobody.
exec "$venv/bin/checkov" -d terraform --config-file terraform/.checkov.yaml --skip-download "$@"
