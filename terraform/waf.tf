# A firewall in front of CloudFront, behind a variable because it costs more than a small site.
# The stage's throttle is shared by all: this keeps one address from using it up.

resource "aws_wafv2_web_acl" "front" {
  for_each = toset(var.waf_enabled ? ["front"] : [])
  provider = aws.global

  name        = "liveinsight-front-${var.environment}"
  description = "At most ${var.waf_requests_per_5min} requests in five minutes from one address"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "rate-by-address"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit              = var.waf_requests_per_5min
        aggregate_key_type = "IP"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "liveinsight-rate-by-address-${var.environment}"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "known-bad-inputs"
    priority = 2

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "liveinsight-known-bad-inputs-${var.environment}"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "liveinsight-front-${var.environment}"
    sampled_requests_enabled   = false
  }
}
