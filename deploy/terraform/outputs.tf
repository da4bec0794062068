# `terraform output -raw env_prod > .env.prod` is a whole file of settings. On a cluster `settings` goes into
# deploy/kubernetes/settings.yaml, and `terraform output -raw secrets > secrets.env` makes the Secret museum-secrets.
locals {
  database = "postgresql://museum:${random_password.database.result}@${aws_db_instance.this.endpoint}"
  settings = merge(
    { for setting, bucket in local.buckets : setting => aws_s3_bucket.this[bucket].id },
    {
      CONTACT_EMAIL = var.contact_email
      AWS_REGION    = var.region
      QDRANT_URL    = var.qdrant_url
      KAFKA_BOOTSTRAP_SERVERS = coalesce(
        var.kafka_bootstrap_servers, one(aws_msk_cluster.this[*].bootstrap_brokers_sasl_scram)
      )
    },
    var.kafka_bootstrap_servers != null ? {} : {
      KAFKA_SECURITY_PROTOCOL = "SASL_SSL"
      KAFKA_SASL_MECHANISM    = "SCRAM-SHA-512"
      KAFKA_SASL_USERNAME     = "museum"
    },
  )
  secrets = merge(
    {
      DATABASE_URL         = "${local.database}/platform?sslmode=require"
      DAGSTER_POSTGRES_URL = "${local.database}/dagster?sslmode=require"
    },
    var.kafka_bootstrap_servers != null ? {} : {
      KAFKA_SASL_PASSWORD = one(random_password.kafka[*].result)
    },
  )
}

output "settings" {
  description = "Settings that are no secrets."
  value       = local.settings
}

output "secrets" {
  description = "Lines of settings that are secrets."
  value       = join("", [for name, value in local.secrets : "${name}=${value}\n"])
  sensitive   = true
}

output "env_prod" {
  description = "A whole .env.prod."
  value       = join("", [for name, value in merge(local.settings, local.secrets) : "${name}=${value}\n"])
  sensitive   = true
}

output "role_arns" {
  description = "Roles of the service accounts of deploy/kubernetes/accounts.yaml."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "backups" {
  description = "Where `museum backup` writes to; best in another account or region."
  value       = "s3://${aws_s3_bucket.this["backups"].id}/museum"
}
