#!/usr/bin/env bash
# Makes everything that running (`setup.sh run`) or developing (`setup.sh dev`, the default) needs:
# .venv with the packages that the locks name, LiveInsight itself in it, and the web parts. Asks for
# Python 3.11 or newer and the network; Node.js comes from a package where the machine has none.
# What is there and fresh is left alone, so a second call takes a moment.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-dev}

say() { echo "setup: $*" >&2; }
fail() {
  say "$*"
  exit 1
}
[[ $mode == run || $mode == dev ]] || fail "say run or dev"

find_python() {
  local name
  for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  return 1
}

# One line that changes with anything the environment was made from.
state() {
  {
    pwd
    .venv/bin/python -VV
    cat pyproject.toml "$@"
  } | cksum
}

# installed NAME LOCK...: installs the locks, unless the stamp of that name says they are there.
install_locked() {
  local stamp=".venv/.installed-$1" lock
  shift
  if [[ -f $stamp && $(<"$stamp") == "$(state "$@")" ]]; then return; fi
  for lock in "$@"; do
    say "installing $(grep -c '^[^ #].*==' "$lock") packages of $lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
      --require-hashes --no-deps --requirement "$lock" || fail "pip failed (see above)"
  done
  if [[ $stamp != *node ]]; then
    see_web_built
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
      --no-deps --no-build-isolation --editable . || fail "LiveInsight itself could not be installed"
  fi
  state "$@" >"$stamp"
}

see_to_node() {
  if .venv/bin/python scripts/build_web.py --node-folder >/dev/null 2>&1; then return; fi
  say "no Node.js 20.19 or newer here: taking it from a package"
  install_locked node requirements/node.txt
}

# The web parts are built while packages are installed, by a group of processes: who stops here
# stops all of it.
web=
trap '[[ -z $web ]] || kill -- "-$web" 2>/dev/null || true' EXIT
begin_web() {
  if .venv/bin/python scripts/build_web.py --is-fresh; then return; fi
  see_to_node
  set -m
  .venv/bin/python scripts/build_web.py </dev/null &
  web=$!
  set +m
}

see_web_built() {
  [[ $web ]] || return 0
  wait "$web" || fail "the web parts could not be built (see above)"
  web=
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  python=$(find_python) || fail "needs Python 3.11 or newer; name it with PYTHON=/path/to/python"
  say "making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv ||
    fail "$python cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)"
fi
begin_web
case $mode in
  run)
    if [[ ! -f .venv/.installed-dev || $(<.venv/.installed-dev) != "$(state requirements/dev.txt)" ]]; then
      install_locked run requirements/run.txt requirements/build.txt
    fi
    ;;
  dev)
    see_to_node
    install_locked dev requirements/dev.txt
    ;;
esac
see_web_built
