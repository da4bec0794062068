# What the platform needs on AWS: PostgreSQL, buckets, roles, and Kafka where none is given. docs/operations.md says how
# to apply it. The state holds passwords: keep it in a bucket that is encrypted and yours alone (backend.hcl).
terraform {
  required_version = ">= 1.9"
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.2.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.7.2"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = var.name }
  }
}

data "aws_caller_identity" "current" {}
