# Logs, alarms, a dashboard and saved questions. docs/operations.md has a page for each alarm.

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.function_names[each.key]}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/apigateway/liveinsight-${var.environment}"
  retention_in_days = var.log_retention_days
}

resource "aws_sns_topic" "alarms" {
  name = "liveinsight-alarms-${var.environment}"
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alarm_email != "" ? [var.alarm_email] : [])

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  alarm_actions = [aws_sns_topic.alarms.arn]

  throttled_tables = {
    for pair in setproduct(["Read", "Write"], ["events", "sessions", "control"]) :
    "${lower(pair[0])}-${pair[1]}" => { metric = "${pair[0]}ThrottleEvents", table = "liveinsight-${pair[1]}-${var.environment}" }
  }
}

# "Does a function fail?"
resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions

  alarm_name          = "liveinsight-${each.key}-errors-${var.environment}"
  alarm_description   = "More than 5 errors in 5 minutes, twice. See docs/operations.md#function-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = local.function_names[each.key] }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# "Does a function grow slow?"
resource "aws_cloudwatch_metric_alarm" "function_duration" {
  for_each = local.functions

  alarm_name          = "liveinsight-${each.key}-duration-${var.environment}"
  alarm_description   = "One run in twenty takes over ${each.value.duration_alarm_ms} ms. See docs/operations.md#function-duration"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = local.function_names[each.key] }
  extended_statistic  = "p95"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.duration_alarm_ms
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# "Does a table refuse?"
resource "aws_cloudwatch_metric_alarm" "table_throttling" {
  for_each = local.throttled_tables

  alarm_name          = "liveinsight-throttled-${each.key}-${var.environment}"
  alarm_description   = "${each.value.table} refuses requests. See docs/operations.md#table-throttling"
  namespace           = "AWS/DynamoDB"
  metric_name         = each.value.metric
  dimensions          = { TableName = each.value.table }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# "Are clients refused, do answers fail?" The average of these metrics is their rate.
resource "aws_cloudwatch_metric_alarm" "api_errors" {
  for_each = { "4xx" = "4XXError", "5xx" = "5XXError" }

  alarm_name          = "liveinsight-api-${each.key}-${var.environment}"
  alarm_description   = "A tenth of all answers are ${each.key}. See docs/operations.md#api-${each.key}"
  namespace           = "AWS/ApiGateway"
  metric_name         = each.value
  dimensions          = { ApiName = aws_api_gateway_rest_api.main.name, Stage = var.environment }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 0.1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# The sealer tells in its log how far behind it is and what it had to set aside.
resource "aws_cloudwatch_log_metric_filter" "seal_lag" {
  name           = "liveinsight-seal-lag-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.function["sealer"].name
  pattern        = "{ $.message = \"sealed\" }"

  metric_transformation {
    name      = "SealLag"
    namespace = "LiveInsight/${var.environment}"
    value     = "$.lag_ms"
    unit      = "Milliseconds"
  }
}

resource "aws_cloudwatch_log_metric_filter" "poisoned" {
  name           = "liveinsight-poisoned-${var.environment}"
  log_group_name = aws_cloudwatch_log_group.function["sealer"].name
  pattern        = "{ $.message = \"poisoned\" }"

  metric_transformation {
    name      = "PoisonedEvents"
    namespace = "LiveInsight/${var.environment}"
    value     = "1"
    unit      = "Count"
  }
}

# "Does history stand still?" No word from the sealer is the worst word.
resource "aws_cloudwatch_metric_alarm" "seal_lag" {
  alarm_name          = "liveinsight-seal-lag-${var.environment}"
  alarm_description   = "Nothing was sealed for 15 minutes. See docs/operations.md#seal-lag"
  namespace           = aws_cloudwatch_log_metric_filter.seal_lag.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.seal_lag.metric_transformation[0].name
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 900000
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# "Was an event set aside because it could not be read?"
resource "aws_cloudwatch_metric_alarm" "poisoned" {
  alarm_name          = "liveinsight-poisoned-${var.environment}"
  alarm_description   = "The sealer set events aside that it could not read. See docs/operations.md#poisoned-events"
  namespace           = aws_cloudwatch_log_metric_filter.poisoned.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.poisoned.metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

locals {
  # A widget: its title and its lines, each [namespace, metric, dimension, value, ..., {options}].
  widgets = [
    { title = "Requests", metrics = [["AWS/ApiGateway", "Count", "ApiName", aws_api_gateway_rest_api.main.name, { stat = "Sum" }]] },
    { title = "Refused and failed", metrics = [
      ["AWS/ApiGateway", "4XXError", "ApiName", aws_api_gateway_rest_api.main.name, { stat = "Average" }],
      ["AWS/ApiGateway", "5XXError", "ApiName", aws_api_gateway_rest_api.main.name, { stat = "Average" }],
    ] },
    { title = "Answer time, p95 in ms", metrics = [["AWS/ApiGateway", "Latency", "ApiName", aws_api_gateway_rest_api.main.name, { stat = "p95" }]] },
    { title = "Function time, p95 in ms", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "p95" }]] },
    { title = "Function errors", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "Errors", "FunctionName", name, { stat = "Sum" }]] },
    { title = "Functions at once", metrics = [for name in values(local.function_names) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name, { stat = "Maximum" }]] },
    { title = "Units written", metrics = [for table in ["events", "sessions"] : ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "liveinsight-${table}-${var.environment}", { stat = "Sum" }]] },
    { title = "Behind with sealing, ms", metrics = [["LiveInsight/${var.environment}", "SealLag", { stat = "Maximum" }]] },
  ]
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = "liveinsight-${var.environment}"
  dashboard_body = jsonencode({
    widgets = [
      for i, widget in local.widgets : {
        type   = "metric"
        x      = (i % 2) * 12
        y      = floor(i / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          metrics = widget.metrics
          region  = var.region
          period  = 300
          view    = "timeSeries"
        }
      }
    ]
  })
}

resource "aws_cloudwatch_query_definition" "main" {
  for_each = {
    errors = {
      groups = [for group in aws_cloudwatch_log_group.function : group.name]
      query  = "fields @timestamp, @log, message, error | filter level = \"error\" or @message like /Task timed out|Traceback/ | sort @timestamp desc | limit 100"
    }
    cold-starts = {
      groups = [for group in aws_cloudwatch_log_group.function : group.name]
      query  = "filter @type = \"REPORT\" | stats count(*) as runs, count(@initDuration) as cold, avg(@initDuration) as cold_ms, pct(@duration, 95) as p95_ms, max(@maxMemoryUsed) / 1000000 as memory_mb by @log"
    }
    slow-requests = {
      groups = [aws_cloudwatch_log_group.api.name]
      query  = "fields @timestamp, method, path, status, duration_ms, function_ms | filter duration_ms > 100 | sort duration_ms desc | limit 100"
    }
    statuses = {
      groups = [aws_cloudwatch_log_group.api.name]
      query  = "stats count(*) as requests, pct(duration_ms, 95) as p95_ms by path, status | sort requests desc"
    }
    drops = {
      groups = [aws_cloudwatch_log_group.function["event-collector"].name]
      query  = "filter message = \"dropped\" | stats sum(events) as events by site, reason | sort events desc"
    }
    sealing = {
      groups = [aws_cloudwatch_log_group.function["sealer"].name]
      query  = "filter message in [\"sealed\", \"poisoned\"] | fields @timestamp, message, lag_ms, events, files | sort @timestamp desc | limit 200"
    }
  }

  name            = "liveinsight-${var.environment}/${each.key}"
  log_group_names = each.value.groups
  query_string    = each.value.query
}
