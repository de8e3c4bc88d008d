#!/usr/bin/env bash
# Installs the wheel in dist/ into an environment of its own and uses it: is it enough by itself?
set -euo pipefail
cd "$(dirname "$0")/.."
wheels=(dist/*.whl)
if [[ ! -f ${wheels[0]} ]]; then
  echo "try-wheel: there is no wheel in dist/; make build makes it" >&2
  exit 1
fi
place=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$place"' EXIT

"${PYTHON:-python3}" -m venv "$place/venv"
"$place/venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --no-deps \
  --requirement requirements/run.txt
"$place/venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps "${wheels[0]}"
cd "$place" # nothing of the clone is seen from here
"$place/venv/bin/liveinsight" --version

"$place/venv/bin/liveinsight" serve --port 0 --data-dir "$place/data" 2>"$place/log" &
server=$!
port=
for _ in {1..600}; do
  port=$(sed -n 's/.*is running on http:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$place/log")
  [[ -z $port ]] || break
  kill -0 "$server" || { cat "$place/log" >&2; exit 1; }
  sleep 0.1
done
PORT=$port "$place/venv/bin/python" - <<'PYTHON'
import json
import os
from urllib.request import Request, urlopen

url = f"http://127.0.0.1:{os.environ['PORT']}"
agent = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"


def ask(path, body=None):
    headers = {"User-Agent": agent, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    return urlopen(Request(url + path, data, headers)).read()


told = json.loads(ask("/api/events", {"page_url": "https://shop.example/"}))
assert told["data"]["processed_events"] == 1, told
assert b"<html" in ask("/").lower(), "no dashboard in the wheel"
assert len(ask("/js/li.js")) > 500, "no tracker in the wheel"
PYTHON
kill "$server"
wait "$server"
server=
"$place/venv/bin/liveinsight" check --data-dir "$place/data"
"$place/venv/bin/liveinsight" backup "$place/vault" --data-dir "$place/data"
"$place/venv/bin/liveinsight" restore "$place/vault" --data-dir "$place/again"
echo "try-wheel: ${wheels[0]} works by itself" >&2
