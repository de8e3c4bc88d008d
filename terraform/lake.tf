# Sealed history: Parquet in a bucket, and Athena's way to it for what one function can't scan.

resource "aws_s3_bucket" "lake" {
  bucket = "liveinsight-lake-${var.environment}-${local.bucket_suffix}"
  # A protected bucket can't be destroyed while anything lies in it.
  force_destroy = !var.protect_data
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "OnlyWithTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"]

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

resource "aws_s3_bucket_policy" "lake" {
  for_each = toset(var.tls_only ? ["lake"] : [])

  bucket = aws_s3_bucket.lake.id
  policy = data.aws_iam_policy_document.lake.json

  depends_on = [aws_s3_bucket_public_access_block.main]
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  # Last quarter's files are asked for now and then, and then at once.
  rule {
    id     = "cheaper-after-a-quarter"
    status = "Enabled"

    filter {}

    transition {
      days          = 90
      storage_class = "STANDARD_IA"
    }

    # Replaced files stay for a week: a clock that was wrong, a restore that went wrong.
    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "forget-answers-of-athena"
    status = "Enabled"

    filter {
      prefix = "athena/"
    }

    expiration {
      days = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.main]
}

resource "aws_glue_catalog_database" "lake" {
  name        = "liveinsight_${var.environment}"
  description = "LiveInsight's sealed history"
}

resource "aws_athena_workgroup" "lake" {
  name          = "liveinsight-${var.environment}"
  description   = "SQL over the lake, with a limit for each question"
  force_destroy = true

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    # 10 GB is about 0.05 USD and, at 30 MB a million events, 300 million events.
    bytes_scanned_cutoff_per_query = 10737418240

    result_configuration {
      output_location = "s3://${aws_s3_bucket.lake.bucket}/athena/"

      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}
