-- Events for wrk: 5,000 visitors, 500 pages, an event id of its own for each.
-- wrk ... URL -- PREFIX BATCH DELAY_MS
-- PREFIX keeps the ids of runs apart, and their visits: those that go on the store judges anew.
-- BATCH is the number of events of a request, 0 one bare event; with DELAY_MS each connection waits
-- about so long before each request.
local format, concat, random = string.format, table.concat, math.random
local prefix, batch, delay_ms, number = "", 0, 0, 0
local agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"

local function event()
  number = number + 1
  return format(
    '{"site":"default","event_id":"%s%d","session_id":"%s%d","page_url":"https://shop.example/p/%d?utm_source=news","title":"Product page","referrer":"https://www.google.com/","screen":"1920x1080","language":"ko-KR"}',
    prefix, number, prefix, number % 5000, number % 500)
end

function init(args)
  prefix, batch, delay_ms = args[1], tonumber(args[2]), tonumber(args[3] or "0")
  if delay_ms > 0 then
    delay = function() return random(math.floor(delay_ms * 0.75), math.ceil(delay_ms * 1.25)) end
  end
end

function request()
  local body
  if batch == 0 then
    body = event()
  else
    local events = {}
    for n = 1, batch do events[n] = event() end
    body = '{"events":[' .. concat(events, ",") .. "]}"
  end
  local visitor = number % 5000
  return format(
    "POST /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nUser-Agent: %s\r\nX-Forwarded-For: 203.0.%d.%d\r\nContent-Length: %d\r\n\r\n%s",
    agent, math.floor(visitor / 250), visitor % 250, #body, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(format(
    'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
