# The REST API, made from `local.routes`: a resource for each part of a path, proxy integrations,
# and on every path an OPTIONS that API Gateway answers by itself.

locals {
  paths = toset(keys(local.routes))

  # Resources hang under one another, and one block cannot hang under itself: a block a level.
  level_1 = toset([for path in local.paths : split("/", path)[0]])
  level_2 = toset([for path in local.paths : join("/", slice(split("/", path), 0, 2)) if length(split("/", path)) >= 2])
  level_3 = toset([for path in local.paths : join("/", slice(split("/", path), 0, 3)) if length(split("/", path)) >= 3])
  level_4 = toset([for path in local.paths : join("/", slice(split("/", path), 0, 4)) if length(split("/", path)) >= 4])
  level_5 = toset([for path in local.paths : path if length(split("/", path)) == 5])

  resource_ids = merge(
    { for path, resource in aws_api_gateway_resource.level_1 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_2 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_3 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_4 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_5 : path => resource.id },
  )

  methods = merge([
    for path, route in local.routes : {
      for verb, name in route.methods : "${verb} ${path}" => { path = path, verb = verb, function = name, reads = route.reads }
    }
  ]...)

  cors_headers = {
    "Access-Control-Allow-Headers" = "'Content-Type, Content-Encoding, X-API-Key, Authorization, X-CSRF-Token, X-Session-ID, X-Umami-Cache, X-Retry-Count'"
    "Access-Control-Allow-Methods" = "'GET, POST, OPTIONS'"
    "Access-Control-Max-Age"       = "'86400'"
  }

  # A MOCK knows one origin: any for collecting, the owner's for reading. Never with credentials.
  cors_origins = { for path, route in local.routes : path => route.reads ? "'${var.cors_origin}'" : "'*'" }

  # 1000 / 60 is stored as 16.666667 and would differ from its fraction at every plan.
  requests_per_second = tonumber(format("%.2f", var.requests_per_minute / 60))
}

resource "aws_api_gateway_rest_api" "main" {
  name               = "liveinsight-api-${var.environment}"
  description        = "LiveInsight: collect, live, history"
  binary_media_types = ["image/gif", "application/vnd.apache.parquet"]

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "level_1" {
  for_each = local.level_1

  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_rest_api.main.root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_resource" "level_2" {
  for_each = local.level_2

  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_resource.level_1[split("/", each.key)[0]].id
  path_part   = split("/", each.key)[1]
}

resource "aws_api_gateway_resource" "level_3" {
  for_each = local.level_3

  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_resource.level_2[join("/", slice(split("/", each.key), 0, 2))].id
  path_part   = split("/", each.key)[2]
}

resource "aws_api_gateway_resource" "level_4" {
  for_each = local.level_4

  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_resource.level_3[join("/", slice(split("/", each.key), 0, 3))].id
  path_part   = split("/", each.key)[3]
}

resource "aws_api_gateway_resource" "level_5" {
  for_each = local.level_5

  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_resource.level_4[join("/", slice(split("/", each.key), 0, 4))].id
  path_part   = split("/", each.key)[4]
}

# Parameters are checked here; bodies by the functions, whose errors name the field and its place.
resource "aws_api_gateway_request_validator" "parameters" {
  name                        = "parameters"
  rest_api_id                 = aws_api_gateway_rest_api.main.id
  validate_request_parameters = true
}

resource "aws_api_gateway_method" "main" {
  for_each = local.methods

  rest_api_id          = aws_api_gateway_rest_api.main.id
  resource_id          = local.resource_ids[each.value.path]
  http_method          = each.value.verb
  authorization        = "NONE"
  api_key_required     = each.value.reads && var.read_key_required
  request_validator_id = aws_api_gateway_request_validator.parameters.id
}

resource "aws_api_gateway_integration" "main" {
  for_each = local.methods

  rest_api_id             = aws_api_gateway_rest_api.main.id
  resource_id             = aws_api_gateway_method.main[each.key].resource_id
  http_method             = aws_api_gateway_method.main[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_alias.live[each.value.function].invoke_arn
}

# A browser's preflight carries no key: asked for one, API Gateway would answer 403.
resource "aws_api_gateway_method" "options" {
  for_each = local.routes

  rest_api_id      = aws_api_gateway_rest_api.main.id
  resource_id      = local.resource_ids[each.key]
  http_method      = "OPTIONS"
  authorization    = "NONE"
  api_key_required = false
}

resource "aws_api_gateway_integration" "options" {
  for_each = local.routes

  rest_api_id = aws_api_gateway_rest_api.main.id
  resource_id = aws_api_gateway_method.options[each.key].resource_id
  http_method = aws_api_gateway_method.options[each.key].http_method
  type        = "MOCK"
  # Browsers' preflights have no Content-Type, which is then read as this one. Without a template
  # that names a status a MOCK answers 500; with binary media types the text must stay text.
  content_handling  = "CONVERT_TO_TEXT"
  request_templates = { "application/json" = jsonencode({ statusCode = 204 }) }
}

resource "aws_api_gateway_method_response" "options" {
  for_each = local.routes

  rest_api_id = aws_api_gateway_rest_api.main.id
  resource_id = aws_api_gateway_method.options[each.key].resource_id
  http_method = aws_api_gateway_method.options[each.key].http_method
  status_code = "204"

  response_parameters = merge(
    { for name in keys(local.cors_headers) : "method.response.header.${name}" => true },
    { "method.response.header.Access-Control-Allow-Origin" = true },
  )
}

resource "aws_api_gateway_integration_response" "options" {
  for_each = local.routes

  rest_api_id = aws_api_gateway_rest_api.main.id
  resource_id = aws_api_gateway_method.options[each.key].resource_id
  http_method = aws_api_gateway_method.options[each.key].http_method
  status_code = aws_api_gateway_method_response.options[each.key].status_code

  response_parameters = merge(
    { for name, value in local.cors_headers : "method.response.header.${name}" => value },
    { "method.response.header.Access-Control-Allow-Origin" = local.cors_origins[each.key] },
  )

  depends_on = [aws_api_gateway_integration.options]
}

# What API Gateway itself refuses has our shape, and the headers without which a browser's script
# would see a network error instead of the reason.
resource "aws_api_gateway_gateway_response" "main" {
  for_each = {
    DEFAULT_4XX                  = { status = null, message = "$context.error.messageString", retry = false }
    DEFAULT_5XX                  = { status = null, message = "$context.error.messageString", retry = false }
    MISSING_AUTHENTICATION_TOKEN = { status = "404", message = "\"There is no such path.\"", retry = false }
    INVALID_API_KEY              = { status = "401", message = "\"Reading needs an API key in X-API-Key.\"", retry = false }
    THROTTLED                    = { status = "429", message = "$context.error.messageString", retry = true }
    QUOTA_EXCEEDED               = { status = "429", message = "$context.error.messageString", retry = true }
  }

  rest_api_id   = aws_api_gateway_rest_api.main.id
  response_type = each.key
  status_code   = each.value.status

  response_parameters = merge(
    {
      "gatewayresponse.header.Access-Control-Allow-Origin"  = "'*'"
      "gatewayresponse.header.Access-Control-Allow-Headers" = local.cors_headers["Access-Control-Allow-Headers"]
    },
    each.value.retry ? { "gatewayresponse.header.Retry-After" = "'2'" } : {},
  )

  response_templates = {
    "application/json" = "{\"status\":\"error\",\"message\":${each.value.message},\"details\":{}}"
  }
}

resource "aws_api_gateway_deployment" "main" {
  rest_api_id = aws_api_gateway_rest_api.main.id

  # A hash of what is written, not of resources: those change once more at the first refresh.
  triggers = {
    redeployment = sha1(join("", [
      file("${path.module}/api_gateway.tf"),
      jsonencode(local.routes),
      var.cors_origin,
      tostring(var.read_key_required),
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_api_gateway_integration.main,
    aws_api_gateway_integration_response.options,
    aws_api_gateway_gateway_response.main,
  ]
}

resource "aws_api_gateway_stage" "main" {
  rest_api_id          = aws_api_gateway_rest_api.main.id
  deployment_id        = aws_api_gateway_deployment.main.id
  stage_name           = var.environment
  description          = "LiveInsight ${var.environment}"
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    # No address and no user agent: what is not kept cannot leak.
    format = jsonencode({
      request_id   = "$context.requestId"
      time         = "$context.requestTime"
      method       = "$context.httpMethod"
      path         = "$context.resourcePath"
      status       = "$context.status"
      error        = "$context.error.message"
      duration_ms  = "$context.responseLatency"
      function_ms  = "$context.integrationLatency"
      answer_bytes = "$context.responseLength"
    })
  }

  depends_on = [aws_api_gateway_account.main]
}

resource "aws_api_gateway_account" "main" {
  cloudwatch_role_arn = aws_iam_role.api_logs.arn

  depends_on = [aws_iam_role_policy.api_logs]
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  stage_name  = aws_api_gateway_stage.main.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = local.requests_per_second
    throttling_burst_limit = var.request_burst
  }
}

resource "aws_api_gateway_api_key" "read" {
  name        = "liveinsight-read-${var.environment}"
  description = "For dashboards and scripts that read"
}

resource "aws_api_gateway_api_key" "manage" {
  name        = "liveinsight-manage-${var.environment}"
  description = "For who adds sites and changes them"
}

resource "aws_api_gateway_usage_plan" "read" {
  name        = "liveinsight-read-${var.environment}"
  description = "What one reader may ask for"

  api_stages {
    api_id = aws_api_gateway_rest_api.main.id
    stage  = aws_api_gateway_stage.main.stage_name
  }

  throttle_settings {
    rate_limit  = local.requests_per_second
    burst_limit = var.request_burst
  }
}

resource "aws_api_gateway_usage_plan_key" "read" {
  key_id        = aws_api_gateway_api_key.read.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.read.id
}

resource "aws_api_gateway_usage_plan_key" "manage" {
  key_id        = aws_api_gateway_api_key.manage.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.read.id
}
