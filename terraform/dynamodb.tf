# The hot store and what people decide. Events and sessions have the owner's keys and indexes.

resource "aws_dynamodb_table" "events" {
  name         = "liveinsight-events-${var.environment}"
  billing_mode = "PAY_PER_REQUEST"

  # "What happened in this session, in order?" The range key is <ms>.<9 digits of the event's id>,
  # so that two events of one millisecond stay two, and one event sent twice stays one.
  hash_key  = "session_id"
  range_key = "timestamp"

  attribute {
    name = "session_id"
    type = "S"
  }

  attribute {
    name = "timestamp"
    type = "N"
  }

  attribute {
    name = "event_type"
    type = "S"
  }

  # "What happened in these minutes?" asked by the sealer, the live view and unsealed history.
  # All is projected: they need the whole event, and a second read of each would cost more.
  global_secondary_index {
    name            = "EventTypeIndex"
    hash_key        = "event_type"
    range_key       = "timestamp"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  deletion_protection_enabled = var.protect_data
}

resource "aws_dynamodb_table" "sessions" {
  name         = "liveinsight-sessions-${var.environment}"
  billing_mode = "PAY_PER_REQUEST"

  # "What do we know of this session?"
  hash_key = "session_id"

  attribute {
    name = "session_id"
    type = "S"
  }

  attribute {
    name = "is_active"
    type = "S"
  }

  attribute {
    name = "last_activity"
    type = "N"
  }

  # "Who is here now?" Ended sessions lose `is_active` and with it their place in the index.
  # last_activity is rounded to 10 minutes and what changes with each page is not projected, so that
  # most updates leave the index alone; last_seen is exact.
  global_secondary_index {
    name               = "ActivityIndex"
    hash_key           = "is_active"
    range_key          = "last_activity"
    projection_type    = "INCLUDE"
    non_key_attributes = ["site", "visitor", "start_time", "country", "referrer"]
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  deletion_protection_enabled = var.protect_data
}

resource "aws_dynamodb_table" "control" {
  name         = "liveinsight-control-${var.environment}"
  billing_mode = "PAY_PER_REQUEST"

  # "All sites", "this key", "the lake's files": a kind and a name in it.
  hash_key  = "kind"
  range_key = "name"

  attribute {
    name = "kind"
    type = "S"
  }

  attribute {
    name = "name"
    type = "S"
  }

  # Salts are forgotten by their ttl; readers take none that is past it.
  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  # No point-in-time recovery: it would keep the salts for 35 days more, and with them the way back
  # from a visitor's id to an address. scripts/state-backup.sh exports everything but the salts.
  point_in_time_recovery {
    enabled = false
  }

  server_side_encryption {
    enabled = true
  }

  deletion_protection_enabled = var.protect_data
}
