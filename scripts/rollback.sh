#!/usr/bin/env bash
# Points the alias `live` of the functions at an older version: code goes back in seconds, data and
# infrastructure stay. The next scripts/deploy.sh goes forward again, to what is checked out.
#
#   scripts/rollback.sh [dev|prod] [VERSION] [--function NAME] [--dry-run]
#     VERSION            which one; by default the newest before the live one
#     --function NAME    only event-collector, realtime-api, stats-api or sealer
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev version="" functions=(event-collector realtime-api stats-api sealer)
while (($#)); do
  case $1 in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  --function)
    [[ ${2:-} ]] || fail "--function needs a name" "event-collector, realtime-api, stats-api or sealer"
    functions=("$2")
    shift
    ;;
  -*) fail "there is no option $1" "--help tells them" ;;
  dev | prod) name=$1 ;;
  *[!0-9]*) fail "$1 is neither an environment nor a version" "dev or prod, a number" ;;
  *) version=$1 ;;
  esac
  shift
done
need aws
choose_environment "$name"

# Find all targets before anything is moved, so that a missing version leaves all as it was.
declare -A goal
for short in "${functions[@]}"; do
  full=liveinsight-$short-$name
  live=$(aws lambda get-alias --function-name "$full" --name live --query FunctionVersion --output text) ||
    fail "$full has no alias live" "was $name deployed?"
  versions=$(aws lambda list-versions-by-function --function-name "$full" \
    --query 'Versions[].Version' --output text | tr '\t' '\n' | grep -x '[0-9]*' | sort -n)
  if [[ $version ]]; then
    grep -qx "$version" <<<"$versions" || fail "$full has no version $version" "it has: ${versions//$'\n'/ }"
    goal[$full]=$version
  else
    goal[$full]=$(awk -v live="$live" '$1 < live + 0' <<<"$versions" | tail -1)
    if [[ ! ${goal[$full]} ]]; then
      say "$full: nothing before version $live"
      unset "goal[$full]"
    fi
  fi
done
((${#goal[@]})) || fail "there is nothing to go back to"

for full in "${!goal[@]}"; do
  run aws lambda update-alias --function-name "$full" --name live \
    --function-version "${goal[$full]}" >/dev/null
  say "$full: live is version ${goal[$full]}"
done
say "check with scripts/health-check.sh $name"
