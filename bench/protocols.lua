-- One request, written once, over and over. Arguments: method, path, file of the body or `-`, then
-- headers as name and value in turn.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local body = ""
  if args[3] ~= "-" then
    local file = assert(io.open(args[3], "rb"))
    body = file:read("*a")
    file:close()
  end
  local headers = {}
  for at = 4, #args, 2 do
    headers[args[at]] = args[at + 1]
  end
  bytes = wrk.format(args[1], args[2], headers, body)
  refused = 0
end

function request()
  return bytes
end

function response(status)
  if status >= 300 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local failed = 0
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("refused")
  end
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests":%d,"micros":%d,"refused":%d,"errors":%d,"p50":%d,"p90":%d,"p99":%d}\n',
    summary.requests, summary.duration, failed,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
