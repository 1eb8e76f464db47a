-- One wrk script for every operation. Arguments, `-` standing for none:
--   1 method   2 path   3 file of the body
--   4 file of targets: a line is "id token"; `{id}` and `{token}` in path and body are replaced by it
--   5 `once`: each line is used once, and a thread stops at the end of its share
--   6 number of threads
--   7 file to which id and token of each session that is answered go, with the thread's number added
--   8 how many of them in all, after which the threads stop
--   9 and on: headers as name and value in turn

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local function given(text)
  return text ~= "-" and text or nil
end

local function targets_of(path, share)
  local found, line_number = {}, 0
  for line in io.lines(path) do
    if line_number % share == number then
      local id, token = line:match("(%S+) (%S+)")
      table.insert(found, { id = id, token = token })
    end
    line_number = line_number + 1
  end
  return found
end

function init(args)
  method, path, body = args[1], args[2], ""
  if given(args[3]) then
    local file = assert(io.open(args[3], "rb"))
    body = file:read("*a")
    file:close()
  end
  once = args[5] == "once"
  local share = tonumber(args[6])
  targets = given(args[4]) and targets_of(args[4], share)
  if given(args[7]) then
    keep = assert(io.open(args[7] .. "." .. number, "w"))
    missing = math.ceil(tonumber(args[8]) / share)
  end
  headers = {}
  for at = 9, #args, 2 do
    headers[args[at]] = args[at + 1]
  end
  bytes = not targets and wrk.format(method, path, headers, body)
  at, refused = 0, 0
end

function request()
  if bytes then
    return bytes
  end
  if at >= #targets and (once or at == 0) then
    wrk.thread:stop()
    at = at + 1
    return wrk.format("GET", "/debug/healthz")
  end
  local target = targets[at % #targets + 1]
  at = at + 1
  local fill = function(text) return (text:gsub("{(%w+)}", target)) end
  return wrk.format(method, fill(path), headers, fill(body))
end

function response(status, _, answer)
  if status >= 300 then
    refused = refused + 1
  elseif keep and missing > 0 then
    keep:write(answer:match('"sessionId":"(%d+)"'), " ", answer:match('"sessionToken":"([^"]+)"'), "\n")
    missing = missing - 1
    if missing == 0 then
      keep:close()
      wrk.thread:stop()
    end
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
