#!/usr/bin/env bash
# Puts LiveInsight on AWS, the first time and every time: builds the packages, backs the state up,
# shows the plan, applies it, uploads the dashboard, checks its health and prints both URLs.
#
#   scripts/deploy.sh [dev|prod] [options]
#     --yes              apply without asking (plans that delete data still ask: --allow-destroy)
#     --allow-destroy    with --yes: also apply a plan that deletes something
#     --code-only        only the functions' code; all else is left as it is
#     --skip-build       use the packages in dist/aws
#     --skip-health      don't check the health afterwards
#     --dry-run          build and show the plan, change nothing
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev yes="" allow_destroy="" code_only="" skip_build="" skip_health=""
for argument in "$@"; do
  case $argument in
  --help | -h) usage ;;
  --yes) yes=1 ;;
  --allow-destroy) allow_destroy=1 ;;
  --code-only) code_only=1 ;;
  --skip-build) skip_build=1 ;;
  --skip-health) skip_health=1 ;;
  --dry-run) dry_run=1 ;;
  -*) fail "there is no option $argument" "--help tells them" ;;
  *) name=$argument ;;
  esac
done
need aws terraform python3
choose_environment "$name"

[[ $skip_build ]] || scripts/build.sh
find_state
if ! aws s3api head-bucket --bucket "$LIVEINSIGHT_STATE_BUCKET" >/dev/null 2>&1; then
  scripts/bootstrap-state.sh "$name" ${dry_run:+--dry-run}
  [[ ! $dry_run ]] || fail "a dry run can't plan before the state's bucket is there" "run scripts/bootstrap-state.sh $name"
fi
init
TF_VAR_origin_secret=$(parameter origin-secret)
export TF_VAR_origin_secret

targets=()
if [[ $code_only ]]; then targets=(-target=aws_lambda_function.main -target=aws_lambda_alias.live); fi
plan=$environment.tfplan
trap 'rm -f "terraform/$plan"' EXIT
tf plan -var-file="$var_file" -out="$plan" "${targets[@]}" ||
  fail "the plan failed (see above); nothing was changed" "docs/operations.md#failed-deploy"
lost=$(tf show -json "$plan" | python3 -c '
import json, sys
for change in json.load(sys.stdin).get("resource_changes", []):
    if "delete" in change["change"]["actions"]:
        print("   ", change["address"])
')
if [[ $lost ]]; then
  say "!!! THIS PLAN DELETES (or makes anew):"
  echo "$lost" >&2
  [[ $allow_destroy ]] || yes=""
fi
if [[ $dry_run ]]; then
  say "dry run: nothing was changed"
  exit 0
fi
confirm "Apply this to $name?" "$name"
scripts/state-backup.sh "$name" --state-only
tf apply "$plan" || fail "the apply failed half way (see above)" \
  "run it again: what is done is not done twice. If it stays: docs/operations.md#failed-deploy"
read_outputs

if [[ ! $code_only ]]; then
  # API Gateway's keys are also ours: one may read every site, one may change them. Only their
  # hashes are kept.
  for scope in read manage; do
    key_id=$(output "${scope}_key_id")
    aws apigateway get-api-key --include-value --api-key "$key_id" --query value --output text |
      SCOPE=$scope python3 -c '
import base64, hashlib, json, os, sys
digest = hashlib.sha256(sys.stdin.read().strip().encode()).digest()
name, scopes = {"read": ("api-gateway", ["read"]), "manage": ("api-gateway-manage", ["read", "admin"])}[os.environ["SCOPE"]]
key = {"id": name, "hash": base64.b64encode(digest).decode(), "scopes": scopes}
body = json.dumps(key | {"label": "API Gateway, to " + os.environ["SCOPE"]})
print(json.dumps({"kind": {"S": "key"}, "name": {"S": name}, "body": {"S": body}}))
' >"terraform/$plan"
    aws dynamodb put-item --table-name "liveinsight-control-$name" --item "file://terraform/$plan"
  done

  bucket=$(output static_bucket)
  web=${LIVEINSIGHT_WEB_DIR:-src/liveinsight/web}
  if [[ -f $web/dashboard.html ]]; then
    # Names of built files carry their content's hash; pages and the tracker keep their names.
    aws s3 sync "$web" "s3://$bucket" --delete --only-show-errors \
      --exclude "*.html" --exclude "js/*" --exclude config.json --cache-control "public, max-age=31536000, immutable"
    aws s3 sync "$web" "s3://$bucket" --only-show-errors \
      --exclude "*" --include "*.html" --include "js/*" --cache-control "public, max-age=300"
    # But for the tracker's hashed variants; those of older versions stay for pages that name them.
    [[ ! -d $web/js ]] || aws s3 cp "$web/js" "s3://$bucket/js" --recursive --only-show-errors \
      --exclude "*" --include "li*.????????????.js" --cache-control "public, max-age=31536000, immutable"
    # Here a person shows a key instead of a password, and the live view is asked for.
    echo '{"api":"api","sign_in":"key","live":"poll","abilities":["goals","funnels","journeys","retention"]}' |
      aws s3 cp - "s3://$bucket/config.json" --only-show-errors \
        --content-type application/json --cache-control "public, max-age=300"
    aws cloudfront create-invalidation --distribution-id "$(output cloudfront_distribution_id)" \
      --paths "/*" >/dev/null
    say "uploaded $(find "$web" -type f | wc -l) files of the dashboard to $bucket"
  else
    say "the dashboard is not built ($web/dashboard.html): only the API was deployed"
  fi
fi

[[ $skip_health ]] || scripts/health-check.sh "$name"
echo "API:       $(output api_gateway_url)"
echo "dashboard: $(output cloudfront_url)"
