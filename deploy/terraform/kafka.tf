# The kiosks' live stream, where no brokers are given: MSK with accounts (SCRAM) and TLS.
locals {
  own_kafka = var.kafka_bootstrap_servers == null ? 1 : 0
}

resource "aws_security_group" "kafka" {
  count       = local.own_kafka
  name        = "${var.name}-kafka"
  description = "Kafka of ${var.name}: reached by the platform alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "kafka" {
  count                        = local.own_kafka
  security_group_id            = aws_security_group.kafka[0].id
  description                  = "The platform's machines"
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 9096
  to_port                      = 9096
}

resource "aws_cloudwatch_log_group" "kafka" {
  count             = local.own_kafka
  name              = "/${var.name}/kafka"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_msk_cluster" "this" {
  count                  = local.own_kafka
  cluster_name           = var.name
  kafka_version          = "3.9.x"
  number_of_broker_nodes = length(var.private_subnet_ids)
  broker_node_group_info {
    instance_type   = "kafka.m7g.large"
    client_subnets  = var.private_subnet_ids
    security_groups = [aws_security_group.kafka[0].id]
    storage_info {
      ebs_storage_info {
        volume_size = 100
      }
    }
    connectivity_info {
      public_access {
        type = "DISABLED"
      }
    }
  }
  client_authentication {
    unauthenticated = false
    sasl {
      scram = true
    }
  }
  encryption_info {
    encryption_at_rest_kms_key_arn = aws_kms_key.this.arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }
  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.kafka[0].name
      }
    }
  }
}

resource "random_password" "kafka" {
  count   = local.own_kafka
  length  = 40
  special = false
}

resource "aws_secretsmanager_secret" "kafka" {
  #checkov:skip=CKV2_AWS_57:The account is the platform's alone, and a new password needs a restart of its processes
  count      = local.own_kafka
  name       = "AmazonMSK_${var.name}" # MSK takes no other beginning
  kms_key_id = aws_kms_key.this.arn
}

resource "aws_secretsmanager_secret_version" "kafka" {
  count         = local.own_kafka
  secret_id     = aws_secretsmanager_secret.kafka[0].id
  secret_string = jsonencode({ username = "museum", password = random_password.kafka[0].result })
}

resource "aws_msk_scram_secret_association" "this" {
  count           = local.own_kafka
  cluster_arn     = aws_msk_cluster.this[0].arn
  secret_arn_list = [aws_secretsmanager_secret.kafka[0].arn]
  depends_on      = [aws_secretsmanager_secret_version.kafka]
}
