#!/usr/bin/env python3
"""Says what the same request costs over each protocol.

    python3 bench/protocols.py --data-dir ./bartizan-data --pid "$(pgrep -x bartizan)"

Reads one session by its id and token, and creates sessions with a check of the user, over REST,
Connect in JSON, Connect in protobuf and gRPC-Web, binary and text (all over HTTP/1.1, with `wrk`) and over gRPC
(cleartext HTTP/2, with `h2load`, one stream at a time on each connection). Bodies are encoded once,
before the clock runs, so only the server's work differs. Both tools are Debian packages: `wrk` and
`nghttp2-client`.

Per protocol and operation it prints requests per second, latency percentiles, the server's CPU time
per request (user and system, from /proc) and what that is compared with REST. The generators take
CPU as well and `h2load` takes more of it than `wrk`, so the rate of gRPC says less than its CPU
time. Everything is answered before it is measured once, and checked: a refusal over gRPC or gRPC-Web
has the status 200 too. With --rounds each figure is the median of several runs, taken in turn. With
--json the same goes to a file.
"""

import argparse
import base64
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

from load import HERE, Server, cpu_seconds, resident_kib

SERVICE = "/zitadel.session.v2.SessionService/"


def field(number, data):
    """A field of a message: texts and messages, shorter than 2**14 bytes."""
    data = data.encode() if isinstance(data, str) else data
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def envelope(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


class Request:
    """One operation over one protocol."""

    def __init__(self, protocol, operation, method, path, body, content_type, token):
        self.protocol, self.operation = protocol, operation
        self.method, self.path, self.body = method, path, body
        self.headers = {"Authorization": f"Bearer {token}"}
        if content_type:
            self.headers["Content-Type"] = content_type

    def check(self, server):
        """Sends it once over HTTP/1.1, where that is possible, and looks at the answer."""
        if self.protocol == "gRPC":
            return
        connection = server.connection()
        connection.request(self.method, self.path, self.body, self.headers)
        answer = connection.getresponse()
        data = answer.read()
        good = answer.status < 300
        if self.protocol == "gRPC-Web text":
            # Each part may end in padding of its own.
            data = b"".join(map(base64.b64decode, re.findall(rb"[^=]+=*", data)))
        if self.protocol.startswith("gRPC-Web"):
            # A message first, then the trailers.
            good = good and data[:1] == b"\0" and re.search(rb"grpc-status: ?0\r?\n", data)
        if not good:
            sys.exit(f"{self.protocol} {self.operation}: {answer.status} {data!r}")


def requests(token, user, session, session_token):
    get = field(1, session) + field(2, session_token)
    create = field(1, field(1, field(1, user)))
    get_json = json.dumps({"sessionId": session, "sessionToken": session_token}).encode()
    create_json = json.dumps({"checks": {"user": {"userId": user}}}).encode()
    yield Request("REST", "get", "GET", f"/v2/sessions/{session}?sessionToken={session_token}", b"", None, token)
    yield Request("REST", "create", "POST", "/v2/sessions", create_json, "application/json", token)
    for operation, method, as_json, message in (
        ("get", "GetSession", get_json, get),
        ("create", "CreateSession", create_json, create),
    ):
        for protocol, body, content_type in (
            ("Connect JSON", as_json, "application/json"),
            ("Connect protobuf", message, "application/proto"),
            ("gRPC-Web", envelope(message), "application/grpc-web+proto"),
            ("gRPC-Web text", base64.b64encode(envelope(message)), "application/grpc-web-text"),
            ("gRPC", envelope(message), "application/grpc+proto"),
        ):
            yield Request(protocol, operation, "POST", SERVICE + method, body, content_type, token)


def with_wrk(request, url, file, arguments):
    headers = [text for pair in request.headers.items() for text in pair]
    command = ["wrk", "-t", str(arguments.threads), "-c", str(arguments.connections),
               "-d", f"{arguments.seconds}s", "-s", str(HERE / "protocols.lua"), url, "--",
               request.method, request.path, str(file) if request.body else "-", *headers]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stderr.strip().splitlines()[-1])
    found["seconds"] = found.pop("micros") / 1e6
    return found


def with_h2load(request, url, file, arguments):
    headers = [text for name, value in request.headers.items() for text in ("-H", f"{name.lower()}: {value}")]
    with tempfile.NamedTemporaryFile() as log:
        command = ["h2load", "-t", str(arguments.threads), "-c", str(arguments.connections), "-m", "1",
                   "-D", str(arguments.seconds), "-d", str(file), "-H", "te: trailers", *headers,
                   "--log-file", log.name, url + request.path]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        micros = sorted(int(line.split()[2]) for line in pathlib.Path(log.name).read_text().splitlines())
    counts = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", said)
    done, succeeded, failed, _, timeout = map(int, counts.groups())
    # A refusal is headers and nothing else; a message is never shorter than its envelope.
    if int(re.search(r"\((\d+)\) data", said)[1]) < 6 * succeeded:
        sys.exit(f"gRPC {request.operation}: refused")
    at = lambda share: micros[min(int(len(micros) * share), len(micros) - 1)]
    return {"requests": done, "seconds": arguments.seconds, "refused": failed, "errors": timeout,
            "p50": at(0.5), "p90": at(0.9), "p99": at(0.99)}


def run(request, server, arguments, scratch):
    file = pathlib.Path(scratch) / "body"
    file.write_bytes(request.body)
    load = with_h2load if request.protocol == "gRPC" else with_wrk
    before = cpu_seconds(arguments.pid)
    found = load(request, server.url, file, arguments)
    cpu = cpu_seconds(arguments.pid) - before
    count = max(found["requests"], 1)
    return {
        "operation": request.operation, "protocol": request.protocol,
        "connections": arguments.connections, "requests": found["requests"],
        "per_second": round(count / found["seconds"]),
        "p50_us": found["p50"], "p90_us": found["p90"], "p99_us": found["p99"],
        "cpu_us_per_request": round(cpu * 1e6 / count, 1), "rss_kib": resident_kib(arguments.pid),
        "refused": found["refused"], "errors": found["errors"],
    }


def median(rows):
    """The run with the median cost."""
    middle = statistics.median_low(row["cpu_us_per_request"] for row in rows)
    return next(row for row in rows if row["cpu_us_per_request"] == middle)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", default="http://127.0.0.1:8080")
    options.add_argument("--data-dir", default="./bartizan-data", help="where admin.pat is")
    options.add_argument("--pid", type=int, required=True, help="process of the server")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--threads", type=int, default=2, help="of the generators")
    options.add_argument("--seconds", type=int, default=5, help="per run")
    options.add_argument("--rounds", type=int, default=1, help="runs of each, of which the median counts")
    options.add_argument("--json", type=pathlib.Path, help="write the figures there")
    arguments = options.parse_args()

    token = (pathlib.Path(arguments.data_dir) / "admin.pat").read_text().strip()
    server = Server(arguments.url, token)
    user = server.user()
    session, session_token = server.sessions(1, user)[0].split()
    every = list(requests(token, user, session, session_token))
    every.sort(key=lambda request: request.operation != "get")
    for request in every:
        request.check(server)

    runs = {request: [] for request in every}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(arguments.rounds):
            for request in every:
                runs[request].append(run(request, server, arguments, scratch))
    rows = [median(found) for found in runs.values()]
    rest = {row["operation"]: row["cpu_us_per_request"] for row in rows if row["protocol"] == "REST"}
    for row in rows:
        row["cpu_to_rest"] = round(row["cpu_us_per_request"] / (rest[row["operation"]] or 1), 2)

    columns = list(rows[0])
    widths = [max(len(column), *(len(str(row[column])) for row in rows)) for column in columns]
    for line in [columns, *([str(row[column]) for column in columns] for row in rows)]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
