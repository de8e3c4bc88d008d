#!/usr/bin/env bash
# Sends requests to a running home at a steady rate and tells its answer times and errors. Ends with
# 1 when an answer in twenty took over 100 ms or one in a hundred failed.
#
#   scripts/benchmark.sh URL [--key KEY] [--per-minute 1000] [--seconds 60] [--dry-run]
#     URL           where the API is, like https://d111.cloudfront.net
#     --key KEY     also asks for /api/realtime and /api/stats
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

arguments=()
while (($#)); do
  case $1 in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  --key | --per-minute | --seconds)
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
