#!/usr/bin/env bash
# Makes the bucket that holds Terraform's state: closed, versioned, encrypted. Once for an account;
# a second run changes nothing. The lock needs nothing of its own: it is a file beside the state.
#
#   scripts/bootstrap-state.sh [dev|prod] [--dry-run]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

name=dev
for argument in "$@"; do
  case $argument in
  --help | -h) usage ;;
  --dry-run) dry_run=1 ;;
  -*) fail "there is no option $argument" "--help tells them" ;;
  *) name=$argument ;;
  esac
done
need aws
choose_environment "$name"

find_state
bucket=$LIVEINSIGHT_STATE_BUCKET
if aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
  say "$bucket is there"
else
  say "making $bucket in $AWS_REGION"
  # us-east-1 is the one region that must not be named.
  location=()
  [[ $AWS_REGION == us-east-1 ]] || location=(--create-bucket-configuration "LocationConstraint=$AWS_REGION")
  run aws s3api create-bucket --bucket "$bucket" "${location[@]}" >/dev/null
fi
run aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
run aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
run aws s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
  '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
say "state of $name: s3://$bucket/$name/terraform.tfstate"
