#!/usr/bin/env bash
# Writes the hashed locks anew: requirements/run.txt (what the service needs), dev.txt (that and
# what developing needs), build.txt (the build backend) and node.txt (Node.js for machines without it). For Python 3.11 and newer
# on Linux and macOS at once. `scripts/lock.sh --upgrade` takes the newest releases; without it
# only what pyproject.toml asks for changes.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v uv >/dev/null; then
  uv=uv
else
  tools=$(mktemp -d)
  trap 'rm -rf "$tools"' EXIT
  python3 -m venv "$tools"
  "$tools/bin/python" -m pip install --quiet uv
  uv="$tools/bin/uv"
fi

# No index but the default one, and no local folder, may choose a release or lend a hash: UV_* and
# uv.toml of this machine are left aside.
compile() {
  local out=$1
  shift
  env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_INDEX_URL -u UV_DEFAULT_INDEX \
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "scripts/lock.sh" --output-file "requirements/$out" "$@"
  echo "requirements/$out: $(grep -c '==' "requirements/$out") packages"
}

compile run.txt pyproject.toml "$@"
compile dev.txt pyproject.toml --group dev --constraint requirements/run.txt "$@"
compile build.txt --group build --constraint requirements/dev.txt "$@"
compile node.txt --group node "$@"
