# Which Terraform and provider, and where the state lies.
# The bucket, key and region of the state come from scripts/deploy.sh (-backend-config), so that
# dev and prod never share a state; the lock is a file beside it (scripts/bootstrap-state.sh).

terraform {
  # 1.10 is the first with the S3 lock file.
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# CloudFront reads certificates and firewalls from this region only, wherever the rest lives.
provider "aws" {
  alias  = "global"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}
