# What people and scripts need to know after an apply.

output "api_gateway_url" {
  description = "The API without CloudFront."
  value       = aws_api_gateway_stage.main.invoke_url
}

output "cloudfront_url" {
  description = "The dashboard, and the API under /api."
  value       = "https://${var.domain_name != "" ? var.domain_name : aws_cloudfront_distribution.main.domain_name}"
}

output "cloudfront_domain" {
  description = "What the owner's domain name must point at (CNAME or alias)."
  value       = aws_cloudfront_distribution.main.domain_name
}

output "cloudfront_distribution_id" {
  description = "Whose cache is emptied after an upload."
  value       = aws_cloudfront_distribution.main.id
}

output "static_bucket" {
  description = "Where the dashboard's files go."
  value       = aws_s3_bucket.static.bucket
}

output "lake_bucket" {
  description = "Where the sealed history lies."
  value       = aws_s3_bucket.lake.bucket
}

output "tables" {
  description = "The tables by what they hold."
  value = {
    events   = aws_dynamodb_table.events.name
    sessions = aws_dynamodb_table.sessions.name
    control  = aws_dynamodb_table.control.name
  }
}

output "functions" {
  description = "The functions by what they do."
  value       = { for name, f in aws_lambda_function.main : name => f.function_name }
}

output "read_key_id" {
  description = "The API key for reading; its value: aws apigateway get-api-key --include-value --api-key ID."
  value       = aws_api_gateway_api_key.read.id
}

output "manage_key_id" {
  description = "The API key for adding and changing sites."
  value       = aws_api_gateway_api_key.manage.id
}

output "alarm_topic_arn" {
  description = "Where alarms are told."
  value       = aws_sns_topic.alarms.arn
}

output "athena_workgroup" {
  description = "Where SQL over the lake is asked."
  value       = aws_athena_workgroup.lake.name
}
