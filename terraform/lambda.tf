# The functions. An alias, `live`, is what is called: rollback points it at an older version.

locals {
  packages = { for name, f in local.functions : name => "${var.packages_dir}/${f.package}.zip" }

  environment = {
    EVENTS_TABLE                 = aws_dynamodb_table.events.name
    SESSIONS_TABLE               = aws_dynamodb_table.sessions.name
    CONTROL_TABLE                = aws_dynamodb_table.control.name
    LAKE_BUCKET                  = aws_s3_bucket.lake.bucket
    LIVEINSIGHT_GSI_SHARDS       = tostring(var.gsi_shards)
    LIVEINSIGHT_EVENT_TTL_HOURS  = tostring(var.event_ttl_hours)
    LIVEINSIGHT_CORS_ORIGIN      = var.cors_origin
    LIVEINSIGHT_ORIGIN_SECRET    = var.origin_secret
    LIVEINSIGHT_DASHBOARD_ORIGIN = var.domain_name != "" ? "https://${var.domain_name}" : ""
  }
}

resource "aws_lambda_function" "main" {
  for_each = local.functions

  function_name = local.function_names[each.key]
  description   = "LiveInsight ${each.key}"
  role          = aws_iam_role.function[each.key].arn
  runtime       = "python3.11"
  architectures = [var.architecture]
  handler       = "handlers.${each.value.module}.handler"
  memory_size   = each.value.memory_mb
  timeout       = each.value.timeout_s
  publish       = true

  filename         = local.packages[each.key]
  source_code_hash = fileexists(local.packages[each.key]) ? filebase64sha256(local.packages[each.key]) : null

  environment {
    variables = local.environment
  }

  # Copies of the lake's files that are read, and what DuckDB can't hold in memory.
  ephemeral_storage {
    size = each.value.scratch_mb
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    precondition {
      condition     = fileexists(local.packages[each.key])
      error_message = "There is no ${local.packages[each.key]}: run scripts/build.sh, or scripts/build.sh --placeholder where there is no code yet."
    }
  }

  # The log group comes first, else Lambda makes one that keeps everything for ever.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  description      = "What is called"
  function_name    = aws_lambda_function.main[each.key].function_name
  function_version = aws_lambda_function.main[each.key].version
}

# A run that failed is not run again by Lambda: the next one does the same work.
resource "aws_lambda_function_event_invoke_config" "sealer" {
  function_name                = aws_lambda_function.main["sealer"].function_name
  qualifier                    = aws_lambda_alias.live["sealer"].name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_event_rule" "sealer" {
  name                = "liveinsight-sealer-${var.environment}"
  description         = "Seals what came since"
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "sealer" {
  rule = aws_cloudwatch_event_rule.sealer.name
  arn  = aws_lambda_alias.live["sealer"].arn
}

resource "aws_lambda_permission" "sealer" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.main["sealer"].function_name
  qualifier     = aws_lambda_alias.live["sealer"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sealer.arn
}

resource "aws_lambda_permission" "api" {
  for_each = toset(distinct(flatten([for route in local.routes : values(route.methods)])))

  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.main[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.main.execution_arn}/${var.environment}/*"
}
