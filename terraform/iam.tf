# A role for each function with the verbs it uses and nothing else.

locals {
  lake_objects = "${aws_s3_bucket.lake.arn}/*"

  grants = {
    event-collector = [
      { actions = ["dynamodb:BatchWriteItem", "dynamodb:PutItem"], resources = [aws_dynamodb_table.events.arn] },
      { actions = ["dynamodb:UpdateItem"], resources = [aws_dynamodb_table.sessions.arn] },
      # PutItem: the day's salt and the installation's secrets are made when first asked for.
      { actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], resources = [aws_dynamodb_table.control.arn] },
    ]
    realtime-api = [
      { actions = ["dynamodb:Query"], resources = ["${aws_dynamodb_table.events.arn}/index/EventTypeIndex"] },
      { actions = ["dynamodb:Query"], resources = ["${aws_dynamodb_table.sessions.arn}/index/ActivityIndex"] },
      { actions = ["dynamodb:GetItem", "dynamodb:Query"], resources = [aws_dynamodb_table.control.arn] },
    ]
    stats-api = [
      { actions = ["dynamodb:Query"], resources = ["${aws_dynamodb_table.events.arn}/index/EventTypeIndex"] },
      { actions = ["dynamodb:GetItem", "dynamodb:Query"], resources = [aws_dynamodb_table.control.arn] },
      # Sites are managed here; keys, salts and the lake's manifest can't be written.
      { actions = ["dynamodb:PutItem", "dynamodb:DeleteItem"], resources = [aws_dynamodb_table.control.arn], kinds = ["site"] },
      { actions = ["s3:GetObject"], resources = [local.lake_objects] },
    ]
    sealer = [
      { actions = ["dynamodb:Query"], resources = ["${aws_dynamodb_table.events.arn}/index/EventTypeIndex"] },
      { actions = ["dynamodb:Query"], resources = ["${aws_dynamodb_table.sessions.arn}/index/ActivityIndex"] },
      { actions = ["dynamodb:UpdateItem"], resources = [aws_dynamodb_table.sessions.arn] },
      { actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], resources = [aws_dynamodb_table.control.arn] },
      { actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resources = [local.lake_objects] },
      { actions = ["s3:ListBucket"], resources = [aws_s3_bucket.lake.arn] },
    ]
  }
}

data "aws_iam_policy_document" "lambda_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  dynamic "statement" {
    for_each = local.grants[each.key]

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = try([statement.value.kinds], [])

        content {
          test     = "ForAllValues:StringEquals"
          variable = "dynamodb:LeadingKeys"
          values   = condition.value
        }
      }
    }
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  # X-Ray knows no resources.
  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.function_names[each.key]}-role"
  description        = "What ${local.function_names[each.key]} may do"
  assume_role_policy = data.aws_iam_policy_document.lambda_assume.json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "use"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

# API Gateway writes its access log by a role that is the account's, one for each region.
data "aws_iam_policy_document" "api_logs_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "api_logs" {
  statement {
    actions = [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogGroups",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "logs:GetLogEvents",
      "logs:FilterLogEvents",
    ]
    resources = ["arn:aws:logs:${var.region}:${data.aws_caller_identity.current.account_id}:*"]
  }
}

resource "aws_iam_role" "api_logs" {
  name               = "liveinsight-api-logs-${var.environment}"
  description        = "Lets API Gateway write its access log"
  assume_role_policy = data.aws_iam_policy_document.api_logs_assume.json
}

resource "aws_iam_role_policy" "api_logs" {
  name   = "write"
  role   = aws_iam_role.api_logs.id
  policy = data.aws_iam_policy_document.api_logs.json
}
