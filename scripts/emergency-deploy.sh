#!/usr/bin/env bash
# Only what holds data and the roles that may touch it: tables and roles. For when the rest won't
# apply and events must have a place; scripts/deploy.sh adds the rest later.
#
#   scripts/emergency-deploy.sh [dev|prod] [--yes] [--dry-run]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev yes=""
for argument in "$@"; do
  case $argument in
  --help | -h) usage ;;
  --yes) yes=1 ;;
  --dry-run) dry_run=1 ;;
  -*) fail "there is no option $argument" "--help tells them" ;;
  *) name=$argument ;;
  esac
done
need aws terraform
choose_environment "$name"
[[ $dry_run ]] || scripts/bootstrap-state.sh "$name"
init

plan=emergency-$environment.tfplan
trap 'rm -f "terraform/$plan"' EXIT
tf plan -var-file="$var_file" -out="$plan" \
  -target=aws_dynamodb_table.events -target=aws_dynamodb_table.sessions \
  -target=aws_dynamodb_table.control -target=aws_iam_role.function ||
  fail "not even the tables can be planned (see above)" "docs/operations.md#failed-deploy"
if [[ $dry_run ]]; then
  say "dry run: nothing was changed"
  exit 0
fi
confirm "Apply tables and roles of $name?" "$name"
tf apply "$plan" || fail "the apply failed (see above)" "docs/operations.md#failed-deploy"
say "tables and roles of $name are there; scripts/deploy.sh $name adds the rest"
