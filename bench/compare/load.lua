-- Load on any of the contestants. Arguments: method, path, body, mode, file of targets, threads,
-- what to keep, how many; then headers, each as "Name: value".
--
-- A line of the file has words between blanks; `{1}` and `{2}` in path, body and headers stand for
-- them. Modes:
--   again  the same request or the targets round and round, until the time is over
--   once   each target once; ends when all are answered
--   make   so many requests, or as many as the time allows; keeps of each answer the `cookie` or the
--          `session` in the file
-- once and make need one thread.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanos; } compare_time;
  int clock_gettime(int clock, compare_time *time);
  int getpid(void);
  int kill(int pid, int signal);
]]
local MONOTONIC, INTERRUPT = 1, 2

local threads = {}
local time = ffi.new("compare_time")

local function now()
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanos) / 1e3
end

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local keep = {}

function keep.cookie(headers)
  for name, value in pairs(headers) do
    if name:lower() == "set-cookie" then
      return value:match("^[^;]+")
    end
  end
end

function keep.session(_, body)
  local id, token = body:match('"sessionId":%s*"(%d+)"'), body:match('"sessionToken":%s*"([^"]+)"')
  return id and token and id .. " " .. token
end

local function read(path, share)
  local targets, line_number = {}, 0
  for line in io.lines(path) do
    if line_number % share == number then
      local target = {}
      for word in line:gmatch("%S+") do
        table.insert(target, word)
      end
      table.insert(targets, target)
    end
    line_number = line_number + 1
  end
  return targets
end

function init(args)
  local method, path, body, mode, file, share = args[1], args[2], args[3], args[4], args[5], tonumber(args[6])
  local kept, count = keep[args[7]], tonumber(args[8])
  local headers = {}
  for at = 9, #args do
    local name, value = args[at]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  local function form(target)
    local function fill(text)
      return (text:gsub("{(%d)}", function(place) return target[tonumber(place)] end))
    end
    local filled = {}
    for name, value in pairs(headers) do
      filled[name] = fill(value)
    end
    return wrk.format(method, fill(path), filled, body ~= "" and fill(body) or nil)
  end

  requests = {}
  if mode == "make" or file == "-" then
    requests[1] = form({})
  else
    for _, target in ipairs(read(file, share)) do
      table.insert(requests, form(target))
    end
  end
  count = mode == "make" and count or #requests
  sent, answered, refused, first, last = 0, 0, 0, 0, 0
  -- wrk asks the first thread for a request that it only looks at.
  local looked = number ~= 0

  function request()
    if not looked then
      looked = true
      return requests[1]
    end
    if sent == 0 then
      first = now()
    end
    sent = sent + 1
    return requests[(sent - 1) % #requests + 1]
  end

  if mode == "again" then
    return
  end

  -- Asked once before each request. Where there is nothing left, the connection waits for the end.
  local taken = 0
  function delay()
    taken = taken + 1
    return taken > count and 3600000 or 0
  end

  local out = mode == "make" and assert(io.open(file, "w"))
  if out then
    out:setvbuf("line")
  end

  function response(status, answer_headers, answer)
    answered, last = answered + 1, now()
    local line = status < 300 and (not kept or kept(answer_headers, answer))
    if not line then
      refused = refused + 1
    elseif out then
      out:write(line, "\n")
    end
    if answered == count then
      ffi.C.kill(ffi.C.getpid(), INTERRUPT)
    end
  end
end

function done(summary, latency)
  local answers, failed, micros = summary.requests, summary.errors.status, summary.duration
  local asked = 0
  for _, thread in ipairs(threads) do
    asked = asked + thread:get("sent")
  end
  local only = threads[1]
  if only:get("answered") > 0 then
    answers, failed = only:get("answered"), only:get("refused")
    micros = only:get("last") - only:get("first")
  end
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"asked":%d,"answers":%d,"micros":%d,"refused":%d,"errors":%d,"p50":%d,"p99":%d}\n',
    asked, answers, micros, failed, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
