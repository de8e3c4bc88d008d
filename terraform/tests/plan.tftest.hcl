# What a plan holds, without an account: names, counts, keys, policies, settings that are refused.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

mock_provider "aws" {
  alias = "global"
}

variables {
  environment  = "dev"
  packages_dir = "./tests/packages"
}

# One run for all of dev: each run loads the provider anew, which takes seconds.
run "dev" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.events.name == "liveinsight-events-dev" && aws_dynamodb_table.sessions.name == "liveinsight-sessions-dev" && aws_dynamodb_table.control.name == "liveinsight-control-dev"
    error_message = "Tables are called liveinsight-<thing>-<env>."
  }

  assert {
    condition = toset([for f in aws_lambda_function.main : f.function_name]) == toset([
      "liveinsight-event-collector-dev", "liveinsight-realtime-api-dev", "liveinsight-stats-api-dev", "liveinsight-sealer-dev",
    ])
    error_message = "Functions have the owner's names."
  }

  assert {
    condition     = aws_s3_bucket.static.bucket == "liveinsight-static-dev-123456789012" && aws_s3_bucket.lake.bucket == "liveinsight-lake-dev-123456789012"
    error_message = "Buckets end with the suffix, by default the account's number."
  }

  assert {
    condition     = alltrue([for name, f in aws_lambda_function.main : f.runtime == "python3.11" && f.handler == "handlers.${replace(name, "-", "_")}.handler"])
    error_message = "Python 3.11, one handler module for each function."
  }

  assert {
    condition     = alltrue([for name in ["event-collector", "realtime-api"] : aws_lambda_function.main[name].memory_size == 256 && aws_lambda_function.main[name].timeout == 30])
    error_message = "256 MB and 30 s."
  }

  assert {
    condition     = aws_lambda_function.main["stats-api"].timeout == 30 && aws_lambda_function.main["stats-api"].memory_size == 1769
    error_message = "stats-api has one whole processor by default."
  }

  assert {
    condition     = alltrue([for f in aws_lambda_function.main : f.tracing_config[0].mode == "Active" && f.publish])
    error_message = "Functions are traced and keep their versions."
  }

  assert {
    condition     = aws_dynamodb_table.events.hash_key == "session_id" && aws_dynamodb_table.events.range_key == "timestamp" && one(aws_dynamodb_table.events.ttl).attribute_name == "ttl"
    error_message = "events: session_id, timestamp, ttl."
  }

  assert {
    condition     = [for index in aws_dynamodb_table.events.global_secondary_index : [index.name, index.hash_key, index.range_key]] == [["EventTypeIndex", "event_type", "timestamp"]]
    error_message = "EventTypeIndex: event_type, timestamp."
  }

  assert {
    condition     = [for index in aws_dynamodb_table.sessions.global_secondary_index : [index.name, index.hash_key, index.range_key]] == [["ActivityIndex", "is_active", "last_activity"]]
    error_message = "ActivityIndex: is_active, last_activity."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.events, aws_dynamodb_table.sessions] : one(table.point_in_time_recovery).enabled && table.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Tables can be restored and cost nothing when idle."
  }

  assert {
    condition     = !one(aws_dynamodb_table.control.point_in_time_recovery).enabled
    error_message = "Salts must be forgotten: no recovery brings them back."
  }

  assert {
    condition     = toset(keys(aws_api_gateway_method.options)) == toset(keys(local.routes)) && alltrue([for method in aws_api_gateway_method.options : !method.api_key_required])
    error_message = "Each path has an OPTIONS, and none asks for a key."
  }

  assert {
    condition     = alltrue([for integration in aws_api_gateway_integration.options : jsondecode(integration.request_templates["application/json"]).statusCode == 204])
    error_message = "A MOCK without a status answers 500."
  }

  assert {
    condition     = alltrue([for answer in aws_api_gateway_integration_response.options : answer.response_parameters["method.response.header.Access-Control-Max-Age"] == "'86400'" && !contains(keys(answer.response_parameters), "method.response.header.Access-Control-Allow-Credentials")])
    error_message = "A day of max-age, no credentials."
  }

  assert {
    condition     = alltrue([for path in ["api/events", "api/realtime", "api/stats"] : contains(keys(aws_api_gateway_method.options), path)])
    error_message = "The owner's three paths are there."
  }

  assert {
    condition     = alltrue([for key, method in aws_api_gateway_method.main : method.api_key_required == local.methods[key].reads])
    error_message = "Reading needs a key, collecting none."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].throttling_rate_limit == 16.67 && aws_api_gateway_method_settings.all.settings[0].throttling_burst_limit == 50
    error_message = "1000 requests a minute, rounded so that a second plan is empty."
  }

  assert {
    condition     = alltrue(flatten([for grants in values(local.grants) : [for grant in grants : [for action in grant.actions : !strcontains(action, "*")]]]))
    error_message = "Every verb is listed."
  }

  assert {
    condition     = length([for role in aws_iam_role.function : role.name]) == 4
    error_message = "Each function has its own role."
  }

  assert {
    condition     = !contains(flatten([for grant in local.grants["event-collector"] : grant.actions]), "dynamodb:Scan") && !contains(flatten([for grant in local.grants["realtime-api"] : grant.actions]), "dynamodb:PutItem")
    error_message = "The collector never scans, the reader never writes."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.function_errors) == 4 && alltrue([for alarm in aws_cloudwatch_metric_alarm.function_errors : alarm.threshold == 5 && alarm.period == 300 && alarm.evaluation_periods == 2])
    error_message = "More than 5 errors in 5 minutes over 2 periods, one alarm a function."
  }

  assert {
    condition = length(aws_cloudwatch_metric_alarm.table_throttling) == 6 && length(aws_cloudwatch_metric_alarm.function_duration) == 4 && alltrue([
      for alarm in aws_cloudwatch_metric_alarm.api_errors : alarm.threshold == 0.1
    ])
    error_message = "Throttling for reads and writes of each table, durations, a tenth of 4xx or 5xx."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.function : group.retention_in_days == 7]) && aws_cloudwatch_log_group.api.retention_in_days == 7
    error_message = "Logs are kept 7 days."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets) == length(local.widgets)
    error_message = "The dashboard shows every widget."
  }

  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.main : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "Buckets are closed."
  }

  assert {
    condition     = aws_cloudfront_distribution.main.default_root_object == "dashboard.html" && one(aws_cloudfront_distribution.main.default_cache_behavior).compress && one(aws_cloudfront_distribution.main.default_cache_behavior).cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    error_message = "dashboard.html, compressed, by CachingOptimized."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.front) == 0
    error_message = "The firewall costs money: it is off until asked for."
  }
}

run "own_domain" {
  command = plan

  variables {
    domain_name     = "stats.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"
    waf_enabled     = true
  }

  assert {
    condition     = aws_cloudfront_distribution.main.aliases == toset(["stats.example.com"]) && one(aws_cloudfront_distribution.main.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
    error_message = "The owner's name with modern TLS."
  }

  assert {
    condition     = output.cloudfront_url == "https://stats.example.com"
    error_message = "The URL that is told is the owner's."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.front) == 1
    error_message = "The firewall is there when asked for."
  }
}

run "prod_refuses_to_lose_data" {
  command = plan

  variables {
    environment = "prod"
  }

  assert {
    condition     = aws_dynamodb_table.events.deletion_protection_enabled && aws_dynamodb_table.sessions.deletion_protection_enabled && aws_dynamodb_table.control.deletion_protection_enabled && !aws_s3_bucket.lake.force_destroy
    error_message = "Protected unless told otherwise."
  }
}

run "wrong_settings_are_refused_by_name" {
  command = plan

  variables {
    environment         = "staging"
    domain_name         = "stats.example.com" # without its certificate
    cors_origin         = "https://shop.example/path"
    stats_memory_mb     = 128
    realtime_memory_mb  = 64
    gsi_shards          = 0
    log_retention_days  = 8
    requests_per_minute = 1
  }

  expect_failures = [
    var.environment,
    var.certificate_arn,
    var.cors_origin,
    var.stats_memory_mb,
    var.realtime_memory_mb,
    var.gsi_shards,
    var.log_retention_days,
    var.requests_per_minute,
  ]
}

run "a_missing_package_says_what_to_do" {
  command = plan

  variables {
    packages_dir = "./tests/nowhere"
  }

  expect_failures = [aws_lambda_function.main]
}
