#!/usr/bin/env bash
# Sets up what is not there yet and starts `liveinsight` with the words given: serve, demo, ...
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/setup.sh" run
exec "$root/.venv/bin/liveinsight" "$@"
