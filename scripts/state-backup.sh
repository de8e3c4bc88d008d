#!/usr/bin/env bash
# Saves what can't be built again: Terraform's state, and the control table without its salts, which
# must be forgotten. Events have point-in-time recovery, the lake has versions.
#
#   scripts/state-backup.sh [dev|prod] [--to DIR] [--state-only] [--dry-run]
#   scripts/state-backup.sh [dev|prod] --restore DIR [--yes] [--dry-run]
#     --to DIR       where to; by default backups/<env>-<time>
#     --restore DIR  puts state and control table back from such a folder
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev folder="" restore="" state_only="" yes=""
while (($#)); do
  case $1 in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  --yes) yes=1 ;;
  --state-only) state_only=1 ;;
  --to | --restore)
    [[ ${2:-} ]] || fail "$1 needs a folder"
    [[ $1 == --to ]] && folder=$2 || restore=$2
    shift
    ;;
  -*) fail "there is no option $1" "--help tells them" ;;
  *) name=$1 ;;
  esac
  shift
done
need aws terraform python3
choose_environment "$name"
init
table=liveinsight-control-$name

if [[ $restore ]]; then
  [[ -s $restore/terraform.tfstate ]] || fail "$restore holds no terraform.tfstate"
  confirm "Put the state of $name back from $restore?" "$name"
  run tf state push -force "$(realpath "$restore/terraform.tfstate")" || fail "the state was refused (see above)"
  if [[ -s $restore/control.json ]]; then
    python3 - "$restore/control.json" "$table" <<'PY' | while read -r item; do run aws dynamodb put-item --table-name "$table" --item "$item"; done
import json, sys
for item in json.load(open(sys.argv[1]))["Items"]:
    print(json.dumps(item))
PY
  fi
  say "$name is as it was in $restore; look at scripts/deploy.sh $name --dry-run"
  exit 0
fi

folder=${folder:-backups/$name-$(date -u +%Y%m%dT%H%M%SZ)}
if [[ $dry_run ]]; then
  say "would write $folder/terraform.tfstate${state_only:+ (only)}"
  exit 0
fi
umask 077 # the state holds a secret
mkdir -p "$folder"
tf state pull >"$folder/terraform.tfstate"
if [[ ! -s $folder/terraform.tfstate ]]; then
  rm -f "$folder/terraform.tfstate"
  rmdir "$folder"
  say "there is no state of $name yet"
  exit 0
fi
if [[ ! $state_only ]]; then
  aws dynamodb scan --table-name "$table" --filter-expression "#k <> :salt" \
    --expression-attribute-names '{"#k":"kind"}' \
    --expression-attribute-values '{":salt":{"S":"salt"}}' --output json >"$folder/control.json" ||
    fail "the control table could not be read (see above)"
fi
say "saved to $folder"
