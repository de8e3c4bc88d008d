# The table of contents: what there is, what it is called, who calls whom.
# Functions, roles, logs and alarms are made from `functions`; the API from `routes`.

data "aws_caller_identity" "current" {}

locals {
  tags = {
    Project     = "liveinsight"
    Environment = var.environment
    ManagedBy   = "terraform"
  }

  bucket_suffix = var.bucket_suffix != "" ? var.bucket_suffix : data.aws_caller_identity.current.account_id

  # Each function: its module in the package, the package, and what it may use.
  # duration_alarm_ms is where the 95th percentile becomes an alarm.
  functions = {
    event-collector = {
      module            = "event_collector"
      package           = "collector"
      memory_mb         = 256
      timeout_s         = 30
      scratch_mb        = 512
      duration_alarm_ms = 1000
    }
    realtime-api = {
      module            = "realtime_api"
      package           = "realtime"
      memory_mb         = var.realtime_memory_mb
      timeout_s         = 30
      scratch_mb        = 512
      duration_alarm_ms = 1000
    }
    stats-api = {
      module            = "stats_api"
      package           = "stats"
      memory_mb         = var.stats_memory_mb
      timeout_s         = 30
      scratch_mb        = 2048
      duration_alarm_ms = 3000
    }
    sealer = {
      module            = "sealer"
      package           = "stats"
      memory_mb         = var.sealer_memory_mb
      timeout_s         = 300
      scratch_mb        = 2048
      duration_alarm_ms = 120000
    }
  }

  function_names = { for name in keys(local.functions) : name => "liveinsight-${name}-${var.environment}" }

  # Who answers which path and method. `reads` asks for a key, `collects` is open to any origin.
  routes = {
    "api/events"                     = { methods = { POST = "event-collector" }, reads = false }
    "api/csrf-token"                 = { methods = { POST = "event-collector" }, reads = false }
    "api/pixel.gif"                  = { methods = { GET = "event-collector" }, reads = false }
    "api/event"                      = { methods = { POST = "event-collector" }, reads = false }
    "api/send"                       = { methods = { POST = "event-collector" }, reads = false }
    "api/batch"                      = { methods = { POST = "event-collector" }, reads = false }
    "count"                          = { methods = { GET = "event-collector", POST = "event-collector" }, reads = false }
    "matomo.php"                     = { methods = { GET = "event-collector", POST = "event-collector" }, reads = false }
    "piwik.php"                      = { methods = { GET = "event-collector", POST = "event-collector" }, reads = false }
    "mp/collect"                     = { methods = { POST = "event-collector" }, reads = false }
    "v1/{message}"                   = { methods = { POST = "event-collector" }, reads = false }
    "api/realtime"                   = { methods = { GET = "realtime-api" }, reads = true }
    "api/stats"                      = { methods = { GET = "stats-api" }, reads = true }
    "api/query"                      = { methods = { POST = "stats-api" }, reads = true }
    "api/funnel"                     = { methods = { POST = "stats-api" }, reads = true }
    "api/retention"                  = { methods = { POST = "stats-api" }, reads = true }
    "api/goals/report"               = { methods = { POST = "stats-api" }, reads = true }
    "api/sql"                        = { methods = { POST = "stats-api" }, reads = true }
    "api/aside"                      = { methods = { POST = "stats-api" }, reads = true }
    "api/props"                      = { methods = { POST = "stats-api" }, reads = true }
    "api/sites"                      = { methods = { GET = "stats-api", POST = "stats-api", PUT = "stats-api", DELETE = "stats-api" }, reads = true }
    "api/journeys"                   = { methods = { POST = "stats-api" }, reads = true }
    "api/v1/stats/aggregate"         = { methods = { GET = "stats-api" }, reads = true }
    "api/v1/stats/timeseries"        = { methods = { GET = "stats-api" }, reads = true }
    "api/v1/stats/breakdown"         = { methods = { GET = "stats-api" }, reads = true }
    "api/v1/stats/realtime/visitors" = { methods = { GET = "stats-api" }, reads = true }
    "api/v1/sites"                   = { methods = { GET = "stats-api" }, reads = true }
    "api/v2/query"                   = { methods = { POST = "stats-api" }, reads = true }
    "api/export/events.csv"          = { methods = { GET = "stats-api" }, reads = true }
    "api/export/events.parquet"      = { methods = { GET = "stats-api" }, reads = true }
  }
}
