#!/usr/bin/env bash
# Sends requests to a running home at a steady rate and tells its answer times and errors. Ends with
# 1 when an answer in twenty took over 100 ms or one in a hundred failed.
#
# Its events are kept and counted: where there are visitors, make a site for it and name that.
#
#   scripts/benchmark.sh URL [--site SITE] [--key KEY] [--per-minute 1000] [--seconds 60] [--dry-run]
#     URL           where the API is, like https://d111.cloudfront.net
#     --site SITE   whose events they are; may be left out where there is only one
#     --key KEY     also asks for /api/realtime and /api/stats
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

arguments=()
while (($#)); do
  case $1 in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  --key | --site | --per-minute | --seconds)
    [[ ${2:-} ]] || fail "$1 needs a value"
    arguments+=("$1" "$2")
    shift
    ;;
  -*) fail "there is no option $1" "--help tells them" ;;
  *) arguments+=("$1") ;;
  esac
  shift
done
((${#arguments[@]})) || fail "which URL?" "--help tells how"
need python3
run python3 benchmarks/endpoints.py "${arguments[@]}"
