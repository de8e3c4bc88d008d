# Every setting, typed and checked. The environments' values lie in env/*.tfvars.

variable "environment" {
  description = "Which deployment: part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment must be dev or prod."
  }
}

variable "region" {
  description = "Where everything but CloudFront lives."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must look like us-east-1."
  }
}

variable "bucket_suffix" {
  description = "Ends the buckets' names, which must be unique in the world; empty is the account's number."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[a-z0-9-]{0,24}$", var.bucket_suffix))
    error_message = "bucket_suffix must be at most 24 of a-z, 0-9 and -."
  }
}

variable "packages_dir" {
  description = "Where scripts/build.sh put the functions' packages."
  type        = string
  default     = "../dist/aws"
}

variable "architecture" {
  description = "Processor of the functions; the packages must be built for it (scripts/build.sh --arch)."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "stats_memory_mb" {
  # At 256 MB a function has about a seventh of a processor: 30 days of a million events, 100 ms on
  # a whole one, would take 0.6-1 s there. 1769 MB is AWS's figure for exactly one processor.
  description = "Memory of stats-api in MB; its share of a processor grows with it."
  type        = number
  default     = 1769

  validation {
    condition     = var.stats_memory_mb >= 256 && var.stats_memory_mb <= 10240 && floor(var.stats_memory_mb) == var.stats_memory_mb
    error_message = "stats_memory_mb must be a whole number from 256 to 10240."
  }
}

variable "realtime_memory_mb" {
  # It remembers the last hour: 0.8 KB an event beside 70 MB of its own, and refuses what would not
  # fit. Its processor grows with it, and with that how soon it has read a busy hour for the first time.
  description = "Memory of realtime-api in MB; 256 are good for 110,000 events an hour."
  type        = number
  default     = 256

  validation {
    condition     = var.realtime_memory_mb >= 128 && var.realtime_memory_mb <= 10240 && floor(var.realtime_memory_mb) == var.realtime_memory_mb
    error_message = "realtime_memory_mb must be a whole number from 128 to 10240."
  }
}

variable "sealer_memory_mb" {
  description = "Memory of the sealer in MB."
  type        = number
  default     = 1024

  validation {
    condition     = var.sealer_memory_mb >= 512 && var.sealer_memory_mb <= 10240 && floor(var.sealer_memory_mb) == var.sealer_memory_mb
    error_message = "sealer_memory_mb must be a whole number from 512 to 10240."
  }
}

variable "event_ttl_hours" {
  # The sealer may repeat any run as long as the events are there.
  description = "Hours an event stays in the events table."
  type        = number
  default     = 24

  validation {
    condition     = var.event_ttl_hours >= 24 && var.event_ttl_hours <= 168
    error_message = "event_ttl_hours must be from 24 to 168."
  }
}

variable "gsi_shards" {
  # One index key takes about 1000 writes a second; the default rate limit is 2 % of that.
  description = "Over how many keys EventTypeIndex and ActivityIndex are spread; 1 means plain names."
  type        = number
  default     = 1

  validation {
    condition     = var.gsi_shards >= 1 && var.gsi_shards <= 64 && floor(var.gsi_shards) == var.gsi_shards
    error_message = "gsi_shards must be a whole number from 1 to 64."
  }
}

variable "requests_per_minute" {
  description = "How many requests a minute the API takes from all clients together."
  type        = number
  default     = 1000

  validation {
    condition     = var.requests_per_minute >= 60 && var.requests_per_minute <= 600000
    error_message = "requests_per_minute must be from 60 to 600000."
  }
}

variable "request_burst" {
  description = "How many requests at once the API takes above the steady rate."
  type        = number
  default     = 50

  validation {
    condition     = var.request_burst >= 10 && var.request_burst <= 5000
    error_message = "request_burst must be from 10 to 5000."
  }
}

variable "cors_origin" {
  description = "Which origin may read across origins: `*`, or one like https://stats.example.com. Collecting is open to any."
  type        = string
  default     = "*"

  validation {
    condition     = var.cors_origin == "*" || can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", var.cors_origin))
    error_message = "cors_origin must be * or an origin without a path, like https://stats.example.com."
  }
}

variable "read_key_required" {
  description = "Whether API Gateway asks for an API key on reads, before a function is run."
  type        = bool
  default     = true
}

variable "domain_name" {
  description = "The owner's host name for dashboard and API; empty is CloudFront's own."
  type        = string
  default     = ""

  validation {
    condition     = var.domain_name == "" || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a host name, like stats.example.com."
  }
}

variable "certificate_arn" {
  description = "The certificate for domain_name, in us-east-1."
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || startswith(var.certificate_arn, "arn:aws:acm:us-east-1:")
    error_message = "certificate_arn must be a certificate of us-east-1: CloudFront reads no other."
  }

  validation {
    condition     = (var.certificate_arn == "") == (var.domain_name == "")
    error_message = "domain_name and certificate_arn go together: give both or neither."
  }
}

variable "origin_secret" {
  # Without it anyone who calls API Gateway past CloudFront could say where they come from.
  description = "Shared by CloudFront and the functions: only with it the viewer's address and country are believed. scripts/deploy.sh makes one."
  type        = string
  default     = ""
  sensitive   = true

  validation {
    condition     = var.origin_secret == "" || length(var.origin_secret) >= 32
    error_message = "origin_secret must be at least 32 characters."
  }
}

variable "waf_enabled" {
  description = "Whether a firewall limits single addresses (about 6 USD a month and 0.60 a million requests)."
  type        = bool
  default     = false
}

variable "waf_requests_per_5min" {
  description = "How many requests in five minutes the firewall lets one address make."
  type        = number
  default     = 2000

  validation {
    condition     = var.waf_requests_per_5min >= 100 && var.waf_requests_per_5min <= 2000000
    error_message = "waf_requests_per_5min must be from 100 to 2000000."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms; empty is nobody but the topic's other subscribers."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be a mail address."
  }
}

variable "log_retention_days" {
  description = "Days the logs are kept."
  type        = number
  default     = 7

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 180 or 365."
  }
}

variable "protect_data" {
  description = "Whether tables and buckets refuse to be deleted while they hold data."
  type        = bool
  default     = true
}

variable "tls_only" {
  # moto reads the Deny without its condition and shuts everyone out; only its tests set this to false.
  description = "Whether buckets refuse requests without TLS."
  type        = bool
  default     = true
}
