#!/usr/bin/env bash
# Looks at all of an environment: tables, functions, logs, every endpoint with its CORS answer, the
# dashboard, alarms, and how long ago history was sealed. Each check is told; ends with 1 if one failed.
#
#   scripts/health-check.sh [dev|prod] [--wait SECONDS] [--dry-run]
#     --wait SECONDS   try again for so long, as a new CloudFront distribution takes some minutes
#
# LIVEINSIGHT_API_URL and LIVEINSIGHT_FRONT_URL take the place of the deployed addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev wait_s=0
while (($#)); do
  case $1 in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  --wait)
    [[ ${2:-} =~ ^[0-9]+$ ]] || fail "--wait needs seconds"
    wait_s=$2
    shift
    ;;
  -*) fail "there is no option $1" "--help tells them" ;;
  *) name=$1 ;;
  esac
  shift
done
need aws terraform curl python3
choose_environment "$name"
init
read_outputs
api=${LIVEINSIGHT_API_URL:-$(output api_gateway_url)}
front=${LIVEINSIGHT_FRONT_URL:-$(output cloudfront_url)}
if [[ $dry_run ]]; then
  say "would check tables, functions, logs and alarms of $name, $api and $front"
  exit 0
fi

answer=$(mktemp)
headers=$(mktemp)
trap 'rm -f "$answer" "$headers"' EXIT
failed=0

# check WHAT COMMAND...: says whether the command succeeds.
check() {
  local what=$1 until_s=$((SECONDS + wait_s))
  shift
  until "$@"; do
    if ((SECONDS >= until_s)); then
      echo "FAILED  $what"
      failed=$((failed + 1))
      return
    fi
    sleep 5
  done
  echo "ok      $what"
}

table_is_active() {
  [[ $(aws dynamodb describe-table --table-name "$1" --query Table.TableStatus --output text 2>/dev/null) == ACTIVE ]] &&
    [[ $(aws dynamodb describe-time-to-live --table-name "$1" --query TimeToLiveDescription.TimeToLiveStatus --output text 2>/dev/null) == ENABLED ]]
}

function_is_live() {
  [[ $(aws lambda get-function-configuration --function-name "$1" --qualifier live --query State --output text 2>/dev/null) == Active ]]
}

log_is_kept() {
  local days
  days=$(aws logs describe-log-groups --log-group-name-prefix "$1" --query 'logGroups[0].retentionInDays' --output text 2>/dev/null)
  [[ $days =~ ^[0-9]+$ ]]
}

# http STATUS METHOD URL [CURL-OPTIONS...]: whether that is the answer's status.
http() {
  local status=$1 method=$2 url=$3
  shift 3
  [[ $(curl --silent --max-time 35 --output "$answer" --dump-header "$headers" \
    --write-out '%{http_code}' --request "$method" "$@" "$url") == "$status" ]]
}

options() {
  http 204 OPTIONS "$1" --header "Origin: https://example.com" \
    --header "Access-Control-Request-Method: POST" &&
    grep -qi '^access-control-allow-origin:' "$headers" &&
    grep -qi '^access-control-allow-methods:.*POST' "$headers" &&
    grep -qi '^access-control-allow-headers:.*X-API-Key' "$headers"
}

told() { "$@" && grep -q '"status":"success"' "$answer"; }
dashboard() { http 200 GET "$front/" && grep -qi '<html' "$answer"; }

no_alarm() {
  local ringing
  ringing=$(aws cloudwatch describe-alarms --alarm-name-prefix liveinsight- \
    --query "MetricAlarms[?StateValue == 'ALARM' && ends_with(AlarmName, '-$name')].AlarmName" \
    --output text) || return
  [[ ! $ringing || $ringing == None ]] || ! echo "        ringing: $ringing"
}

# Only a home that has never sealed has no mark; whether one comes is for the alarm to see.
sealed_lately() {
  local sealed_ms now_ms
  sealed_ms=$(aws dynamodb get-item --table-name "liveinsight-control-$name" \
    --key '{"kind":{"S":"lake"},"name":{"S":"manifest"}}' \
    --query Item.sealed_ms.N --output text 2>/dev/null) || return
  now_ms=$(($(date +%s) * 1000))
  [[ ! $sealed_ms || $sealed_ms == None ]] || ((now_ms - sealed_ms < 15 * 60 * 1000))
}

for table in events sessions control; do
  check "table liveinsight-$table-$name" table_is_active "liveinsight-$table-$name"
done
for function in event-collector realtime-api stats-api sealer; do
  check "function liveinsight-$function-$name" function_is_live "liveinsight-$function-$name"
  check "log of liveinsight-$function-$name" log_is_kept "/aws/lambda/liveinsight-$function-$name"
done
check "log of the API" log_is_kept "/aws/apigateway/liveinsight-$name"

key=$(aws apigateway get-api-key --include-value --api-key "$(output read_key_id)" --query value --output text)
# A site that is not there: the answer is 200, and nothing is kept.
check "POST /api/events" told http 200 POST "$api/api/events" --header "Content-Type: application/json" \
  --data '{"site":"health-check","page_url":"https://health-check.invalid/"}'
check "GET /api/realtime" told http 200 GET "$api/api/realtime" --header "X-API-Key: $key"
check "GET /api/stats" told http 200 GET "$api/api/stats" --header "X-API-Key: $key"
for path in events realtime stats; do check "OPTIONS /api/$path" options "$api/api/$path"; done
check "reading needs a key" http 401 GET "$api/api/stats"
check "dashboard $front" dashboard
check "the API behind the dashboard's name" options "$front/api/events"
check "sealed in the last 15 minutes" sealed_lately
check "no alarm rings" no_alarm

if ((failed)); then
  fail "$failed checks failed" "docs/operations.md has a page for each"
fi
say "$name is healthy"
