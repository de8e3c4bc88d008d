# One host name for all: the dashboard and the tracker from the bucket, the API from API Gateway.

locals {
  # AWS's own policies, by their published ids.
  caching_optimized = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

  api_host = "${aws_api_gateway_rest_api.main.id}.execute-api.${var.region}.amazonaws.com"

  # The first parts of the paths that API Gateway answers beside /api.
  tracker_paths = sort([for path in local.level_1 : path if path != "api"])

  api_patterns = concat(["/api/*"], [
    for path in local.tracker_paths : contains(local.paths, path) ? "/${path}" : "/${path}/*"
  ])
}

resource "aws_cloudfront_origin_access_control" "static" {
  name                              = "liveinsight-static-${var.environment}"
  description                       = "Signs the distribution's requests to the bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Answers are cached for as long as they say themselves: 3 s live, 30 s history, never a POST.
resource "aws_cloudfront_cache_policy" "api" {
  name        = "liveinsight-api-${var.environment}"
  comment     = "By Cache-Control, one answer for each key, origin and form"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 60

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Accept", "Authorization", "Origin", "X-API-Key"]
      }
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# The Host header stays behind: API Gateway knows itself by its own name only.
resource "aws_cloudfront_origin_request_policy" "api" {
  name    = "liveinsight-api-${var.environment}"
  comment = "What the collector needs to know of the viewer"

  cookies_config {
    cookie_behavior = "none"
  }

  headers_config {
    header_behavior = "whitelist"

    headers {
      items = [
        "CloudFront-Viewer-Address",
        "CloudFront-Viewer-Country",
        "Content-Type",
        "DNT",
        "Referer",
        "Sec-GPC",
        "User-Agent",
        "X-CSRF-Token",
        "X-Session-ID",
      ]
    }
  }

  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_response_headers_policy" "static" {
  name    = "liveinsight-static-${var.environment}"
  comment = "What browsers may do with the dashboard: nothing but itself"

  security_headers_config {
    content_security_policy {
      content_security_policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' https://${local.api_host}; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "same-origin"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      preload                    = false
      override                   = true
    }
  }
}

# Pages of any origin embed the tracker, and its module is fetched with CORS.
resource "aws_cloudfront_response_headers_policy" "tracker" {
  name    = "liveinsight-tracker-${var.environment}"
  comment = "The tracker is for every page"

  cors_config {
    access_control_allow_credentials = false
    origin_override                  = true

    access_control_allow_headers {
      items = ["*"]
    }

    access_control_allow_methods {
      items = ["GET", "HEAD", "OPTIONS"]
    }

    access_control_allow_origins {
      items = ["*"]
    }
  }

  custom_headers_config {
    items {
      header   = "Cross-Origin-Resource-Policy"
      value    = "cross-origin"
      override = true
    }
  }

  security_headers_config {
    content_type_options {
      override = true
    }
  }
}

# Lists that block trackers block them by name, so every name under /js/ answers, as `serve` does.
resource "aws_cloudfront_function" "tracker" {
  name    = "liveinsight-tracker-${var.environment}"
  runtime = "cloudfront-js-2.0"
  comment = "Any name under /js/ is the tracker"
  code    = <<-JS
    var BUILT = /^\/js\/(li(\.plus)?(\.[0-9a-f]{12})?|vitals)\.js$/;
    function handler(event) {
      var request = event.request;
      if (!BUILT.test(request.uri)) {
        request.uri = request.uri.indexOf(".plus.") < 0 ? "/js/li.js" : "/js/li.plus.js";
      }
      return request;
    }
  JS
}

resource "aws_cloudfront_distribution" "main" {
  comment             = "liveinsight-${var.environment}"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = "PriceClass_All"
  default_root_object = "dashboard.html"
  aliases             = var.domain_name != "" ? [var.domain_name] : []
  web_acl_id          = one([for acl in aws_wafv2_web_acl.front : acl.arn])

  origin {
    origin_id                = "static"
    domain_name              = aws_s3_bucket.static.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.static.id
  }

  origin {
    origin_id   = "api"
    domain_name = local.api_host
    origin_path = "/${var.environment}"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = 30
    }

    custom_header {
      name  = "X-Origin-Secret"
      value = var.origin_secret != "" ? var.origin_secret : "unset"
    }
  }

  default_cache_behavior {
    target_origin_id           = "static"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.static.id
  }

  ordered_cache_behavior {
    path_pattern               = "/js/*"
    target_origin_id           = "static"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.tracker.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.tracker.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.api_patterns

    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = aws_cloudfront_cache_policy.api.id
      origin_request_policy_id = aws_cloudfront_origin_request_policy.api.id
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == ""
    acm_certificate_arn            = var.certificate_arn != "" ? var.certificate_arn : null
    ssl_support_method             = var.certificate_arn != "" ? "sni-only" : null
    # CloudFront's own certificate can't be told to refuse old TLS.
    minimum_protocol_version = var.certificate_arn != "" ? "TLSv1.2_2021" : "TLSv1"
  }
}
