-- One wrk script for every operation. Arguments: method, path, body, token, file of targets.
-- A line of the file is "id token"; `{id}` and `{token}` in path and body are replaced by it.
-- With `once`, each line is used once and the thread stops at the end of its share.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  method, path, body, bearer = args[1], args[2], args[3], args[4]
  once = args[6] == "once"
  targets = {}
  if args[5] and args[5] ~= "-" then
    local line_number = 0
    for line in io.lines(args[5]) do
      if line_number % tonumber(args[7]) == number then
        local id, token = line:match("(%S+) (%S+)")
        table.insert(targets, { id = id, token = token })
      end
      line_number = line_number + 1
    end
  end
  headers = { ["Authorization"] = "Bearer " .. bearer, ["Content-Type"] = "application/json" }
  at, refused = 0, 0
end

function request()
  if #targets == 0 then
    return wrk.format(method, path, headers, body)
  end
  if once and at >= #targets then
    wrk.thread:stop()
  end
  local target = targets[at % #targets + 1]
  at = at + 1
  local fill = function(text) return (text:gsub("{(%w+)}", target)) end
  return wrk.format(method, fill(path), headers, fill(body))
end

function response(status)
  if status >= 300 and not (once and at > #targets) then
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
    '{"requests":%d,"micros":%d,"refused":%d,"errors":%d,"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d}\n',
    summary.requests, summary.duration, failed,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9),
    latency.max))
end
