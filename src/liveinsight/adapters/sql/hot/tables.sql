-- What is kept but not sealed? docs/relations.md tells the columns; `epoch` is the batch that wrote the row.
CREATE TABLE hot_events (
  site VARCHAR,
  day DATE,
  visit UBIGINT,
  view UINTEGER,
  event_id UBIGINT,
  time_ms BIGINT,
  type VARCHAR,
  visitor UBIGINT,
  prior UBIGINT,
  session UBIGINT,
  hostname VARCHAR,
  page VARCHAR,
  title VARCHAR,
  source VARCHAR,
  channel VARCHAR,
  referrer VARCHAR,
  utm_source VARCHAR,
  utm_medium VARCHAR,
  utm_campaign VARCHAR,
  utm_content VARCHAR,
  utm_term VARCHAR,
  country VARCHAR,
  region VARCHAR,
  city VARCHAR,
  browser VARCHAR,
  browser_version VARCHAR,
  os VARCHAR,
  os_version VARCHAR,
  device VARCHAR,
  screen VARCHAR,
  language VARCHAR,
  props VARCHAR,
  revenue_amount VARCHAR,
  revenue_currency VARCHAR,
  engaged_ms UINTEGER,
  scroll_depth UTINYINT,
  own_origin VARCHAR,
  own_client VARCHAR,
  epoch UINTEGER
);
CREATE TABLE hot_aside (
  site VARCHAR,
  day DATE,
  visit UBIGINT,
  view UINTEGER,
  event_id UBIGINT,
  time_ms BIGINT,
  type VARCHAR,
  visitor UBIGINT,
  prior UBIGINT,
  session UBIGINT,
  hostname VARCHAR,
  page VARCHAR,
  title VARCHAR,
  source VARCHAR,
  channel VARCHAR,
  referrer VARCHAR,
  utm_source VARCHAR,
  utm_medium VARCHAR,
  utm_campaign VARCHAR,
  utm_content VARCHAR,
  utm_term VARCHAR,
  country VARCHAR,
  region VARCHAR,
  city VARCHAR,
  browser VARCHAR,
  browser_version VARCHAR,
  os VARCHAR,
  os_version VARCHAR,
  device VARCHAR,
  screen VARCHAR,
  language VARCHAR,
  props VARCHAR,
  revenue_amount VARCHAR,
  revenue_currency VARCHAR,
  engaged_ms UINTEGER,
  scroll_depth UTINYINT,
  own_origin VARCHAR,
  own_client VARCHAR,
  reason VARCHAR,
  epoch UINTEGER
);
CREATE TABLE hot_visits (
  site VARCHAR,
  day DATE,
  visit UBIGINT,
  visitor UBIGINT,
  session UBIGINT,
  start_ms BIGINT,
  end_ms BIGINT,
  pageviews UINTEGER,
  customs UINTEGER,
  bounce BOOLEAN,
  ended BOOLEAN,
  entry_page VARCHAR,
  entry_hostname VARCHAR,
  exit_page VARCHAR,
  exit_hostname VARCHAR,
  source VARCHAR,
  channel VARCHAR,
  referrer VARCHAR,
  utm_source VARCHAR,
  utm_medium VARCHAR,
  utm_campaign VARCHAR,
  utm_content VARCHAR,
  utm_term VARCHAR,
  country VARCHAR,
  region VARCHAR,
  city VARCHAR,
  browser VARCHAR,
  browser_version VARCHAR,
  os VARCHAR,
  os_version VARCHAR,
  device VARCHAR,
  screen VARCHAR,
  language VARCHAR,
  epoch UINTEGER
);

-- Which sealed rows does a hot row stand for?
CREATE TABLE masked (site VARCHAR, visit UBIGINT);
CREATE TABLE masked_aside (site VARCHAR, event_id UBIGINT);

-- Which visits and set-aside events were rewritten, and by which batch?
CREATE TABLE replaced (site VARCHAR, visit UBIGINT, epoch UINTEGER);
CREATE TABLE replaced_aside (site VARCHAR, event_id UBIGINT, epoch UINTEGER);

-- How often was something not kept? Epoch 0 is what the SQLite file knows already.
CREATE TABLE drops (site VARCHAR, day DATE, reason VARCHAR, n BIGINT, epoch UINTEGER);

-- Which columns has a roll-up? No row is ever in here.
CREATE TABLE no_rollup (
  day DATE,
  start_day DATE,
  dimension VARCHAR,
  value VARCHAR,
  visitors BIGINT,
  pageviews BIGINT,
  events BIGINT,
  visits BIGINT,
  bounces BIGINT,
  duration_ms BIGINT,
  engaged_ms BIGINT,
  engaged_views BIGINT,
  scroll_sum BIGINT,
  scroll_views BIGINT
);

-- What is read from one place to the other within a batch?
CREATE TEMP TABLE taken (site VARCHAR, visit UBIGINT);
CREATE TEMP TABLE taken_aside (site VARCHAR, event_id UBIGINT);
CREATE TEMP TABLE lifted (site VARCHAR, visit UBIGINT);
CREATE TEMP TABLE near_files (filename VARCHAR, site VARCHAR, is_new BOOLEAN);
