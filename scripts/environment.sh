# Read by the scripts of the AWS home (`. scripts/environment.sh`), never run: how they speak, ask,
# find an environment's settings, and what a dry run is.
# shellcheck shell=bash

say() { echo "${0##*/}: $*" >&2; }

# fail WHAT WHAT-TO-DO: says both and ends.
fail() {
  say "$1"
  if [[ ${2:-} ]]; then say "  -> $2"; fi
  exit 1
}

# The comment at the top of a script is its help.
usage() {
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is not installed" "see docs/run-aws.md, \"What you need\""
  done
}

dry_run=${dry_run:-}

# run COMMAND...: runs it, or in a dry run only shows it. For whatever changes something.
run() {
  if [[ $dry_run ]]; then
    printf 'would run:' >&2
    printf ' %q' "$@" >&2
    echo >&2
  else
    "$@"
  fi
}

# confirm QUESTION WORD: goes on only if the word is typed, or --yes was given.
confirm() {
  if [[ ${yes:-} || $dry_run ]]; then return; fi
  [[ -t 0 ]] || fail "nobody is there to answer: $1" "run it in a terminal, or with --yes"
  local answer
  read -r -p "$1 Type $2 to go on: " answer
  [[ $answer == "$2" ]] || fail "left as it was"
}

choose_environment() {
  environment=${1:-dev}
  [[ $environment == dev || $environment == prod ]] ||
    fail "there is no environment $environment" "dev or prod"
  var_file=env/$environment.tfvars
  region=$(sed -n 's/^region *= *"\(.*\)".*/\1/p' "terraform/$var_file")
  export AWS_REGION=${region:-us-east-1} AWS_DEFAULT_REGION=${region:-us-east-1} AWS_PAGER=""
  export TF_IN_AUTOMATION=1 TF_INPUT=0 TF_DATA_DIR=".terraform/$environment"
}

account() {
  aws sts get-caller-identity --query Account --output text ||
    fail "AWS does not know who you are" "run aws configure, or set AWS_PROFILE"
}

# Which bucket holds Terraform's state. Scripts that this one calls need not ask again.
find_state() {
  LIVEINSIGHT_STATE_BUCKET=${LIVEINSIGHT_STATE_BUCKET:-liveinsight-state-$(account)}
  export LIVEINSIGHT_STATE_BUCKET
}

tf() { terraform -chdir=terraform "$@"; }

# Before anything is asked of the state; once, for scripts that this one calls too.
init() {
  if [[ ${LIVEINSIGHT_STATE_OPENED:-} == "$environment" ]]; then return; fi
  find_state
  aws s3api head-bucket --bucket "$LIVEINSIGHT_STATE_BUCKET" >/dev/null 2>&1 ||
    fail "the state's bucket $LIVEINSIGHT_STATE_BUCKET is not there" "run scripts/bootstrap-state.sh $environment"
  tf init -reconfigure -lockfile=readonly -backend-config="bucket=$LIVEINSIGHT_STATE_BUCKET" \
    -backend-config="key=$environment/terraform.tfstate" \
    -backend-config="region=$AWS_REGION" >/dev/null ||
    fail "terraform init failed (see above)" "docs/operations.md#state"
  export LIVEINSIGHT_STATE_OPENED=$environment
}

# What Terraform tells of what it made: all of it at once, then one by one.
read_outputs() { outputs=$(tf output -json); }
output() {
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]]["value"])' "$1" \
    <<<"$outputs" 2>/dev/null || fail "there is no output $1" "was $environment deployed?"
}

# A value that only the owner's machine and AWS know, made when first asked for.
parameter() {
  local name="/liveinsight/$environment/$1" value
  if value=$(aws ssm get-parameter --with-decryption --name "$name" --query Parameter.Value --output text 2>/dev/null); then
    echo "$value"
    return
  fi
  value=$(python3 -c 'import secrets; print(secrets.token_urlsafe(36))')
  run aws ssm put-parameter --name "$name" --type SecureString --value "$value" >/dev/null
  echo "$value"
}
