#!/usr/bin/env bash
# Takes an environment down. Tables and lake with protect_data = true refuse; set it to false in
# terraform/env/<env>.tfvars and deploy first, if that is what you want.
#
#   scripts/destroy.sh [dev|prod] [--yes] [--dry-run]
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
if grep -Eq '^protect_data *= *true' "terraform/$var_file"; then
  fail "$name is protected" "set protect_data = false in terraform/$var_file and run scripts/deploy.sh $name"
fi
init
if [[ $dry_run ]]; then
  tf plan -destroy -var-file="$var_file"
  say "dry run: nothing was changed"
  exit 0
fi
confirm "Delete $name with all its events and its history?" "destroy-$name"
scripts/state-backup.sh "$name" --state-only
tf destroy -auto-approve -var-file="$var_file" || fail "not all could be deleted (see above)" "run it again"
run aws ssm delete-parameter --name "/liveinsight/$name/origin-secret" || true
say "$name is gone; its state's backup lies in backups/"
