# A role for what works on collections and one for readers, each for its accounts of deploy/kubernetes alone.
locals {
  oidc_provider = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${var.cluster_oidc_issuer}"
  role_accounts = {
    platform = ["museum-platform", "museum-launcher"]
    readers  = ["museum-readers"]
  }
}

data "aws_iam_policy_document" "assume" {
  for_each = local.role_accounts
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider]
    }
    condition {
      test     = "StringEquals"
      variable = "${var.cluster_oidc_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "${var.cluster_oidc_issuer}:sub"
      values   = [for account in each.value : "system:serviceaccount:${var.kubernetes_namespace}:${account}"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = local.role_accounts
  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume[each.key].json
}

data "aws_iam_policy_document" "platform" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
    resources = [for bucket in aws_s3_bucket.this : bucket.arn]
  }
  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = [for bucket in aws_s3_bucket.this : "${bucket.arn}/*"]
  }
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
  }
  dynamic "statement" {
    for_each = length(var.museum_bucket_arns) > 0 ? [1] : []
    content {
      sid       = "ReadKiosks"
      actions   = ["s3:ListBucket", "s3:GetObject"]
      resources = concat(var.museum_bucket_arns, [for arn in var.museum_bucket_arns : "${arn}/*"])
    }
  }
}

data "aws_iam_policy_document" "readers" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this[local.buckets.PRODUCTION_THUMBNAILS_BUCKET].arn]
  }
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.this[local.buckets.PRODUCTION_THUMBNAILS_BUCKET].arn}/*"]
  }
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
  }
}

resource "aws_iam_role_policy" "platform" {
  name   = "buckets"
  role   = aws_iam_role.this["platform"].id
  policy = data.aws_iam_policy_document.platform.json
}

resource "aws_iam_role_policy" "readers" {
  name   = "production-thumbnails"
  role   = aws_iam_role.this["readers"].id
  policy = data.aws_iam_policy_document.readers.json
}
