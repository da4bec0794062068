# The buckets by the settings that name them, and one for backups. Nobody reads them without a role: readers see
# thumbnails through `museum serve`.
locals {
  buckets = {
    THUMBNAILS_BUCKET            = "thumbnails"
    PRODUCTION_THUMBNAILS_BUCKET = "production-thumbnails"
    RELEASE_ARCHIVE_BUCKET       = "release-archive"
    DOCUMENTS_BUCKET             = "documents"
    KIOSK_COMBINED_BUCKET        = "kiosk-combined"
    COMPUTE_LOGS_S3              = "compute-logs"
  }
  # `museum backup s3://…/museum`
  all_buckets = toset(concat(values(local.buckets), ["backups"]))
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Copies in another region are those of `museum backup`, which are compared with their source
  #checkov:skip=CKV2_AWS_62:Nothing listens: the sensors list buckets themselves
  for_each = local.all_buckets
  bucket   = "${var.name}-${each.key}"
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = aws_s3_bucket.this
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id
  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id     = "what-was-overwritten-or-deleted"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
  dynamic "rule" {
    # What a run printed is kept as long as its failed ticks are.
    for_each = each.key == "compute-logs" ? [90] : []
    content {
      id     = "old-logs"
      status = "Enabled"
      filter {}
      expiration {
        days = rule.value
      }
    }
  }
}

data "aws_iam_policy_document" "tls_alone" {
  for_each = aws_s3_bucket.this
  statement {
    sid       = "TlsAlone"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each   = aws_s3_bucket.this
  bucket     = each.value.id
  policy     = data.aws_iam_policy_document.tls_alone[each.key].json
  depends_on = [aws_s3_bucket_public_access_block.this]
}

# Who read and wrote what.
resource "aws_s3_bucket" "access_logs" {
  #checkov:skip=CKV_AWS_18:It holds the access logs: its own would grow by themselves
  #checkov:skip=CKV_AWS_144:Access logs are not copied to another region
  #checkov:skip=CKV_AWS_145:S3 delivers access logs only to buckets under its own key (SSE-S3)
  #checkov:skip=CKV2_AWS_62:Nothing listens to access logs
  bucket = "${var.name}-access-logs"
}

resource "aws_s3_bucket_public_access_block" "access_logs" {
  bucket                  = aws_s3_bucket.access_logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id
  rule {
    id     = "old-logs"
    status = "Enabled"
    filter {}
    expiration {
      days = 365
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "access_logs" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.access_logs.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_s3_bucket_policy" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id
  policy = data.aws_iam_policy_document.access_logs.json
}

resource "aws_s3_bucket_logging" "this" {
  for_each      = aws_s3_bucket.this
  bucket        = each.value.id
  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "${each.key}/"
}
