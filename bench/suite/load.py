"""The generators of load, and one row of figures for each run."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from . import machine

SCRIPT = pathlib.Path(__file__).parents[1] / "load.lua"


@dataclasses.dataclass(frozen=True)
class Request:
    """What is sent over and over; see load.lua for targets."""

    name: str
    method: str
    path: str
    headers: dict
    body: bytes = b""
    targets: pathlib.Path | None = None
    once: bool = False
    grpc: bool = False
    # Every answer is a refusal, and that is what is measured.
    refused: bool = False


@dataclasses.dataclass(frozen=True)
class Load:
    """How it is sent."""

    connections: int = 64
    seconds: int = 2
    threads: int = 2

    def arguments(self):
        # Both generators want a connection for each thread at least.
        threads = min(self.threads, self.connections)
        return threads, ["-t", str(threads), "-c", str(self.connections)]


def _with_wrk(request, url, load, scratch, keep=None):
    threads, arguments = load.arguments()
    body = pathlib.Path(scratch) / "body"
    body.write_bytes(request.body)
    headers = [text for pair in request.headers.items() for text in pair]
    command = ["wrk", *arguments, "-d", f"{load.seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url, "--",
               request.method, request.path, str(body) if request.body else "-",
               str(request.targets or "-"), "once" if request.once else "-", str(threads),
               *map(str, keep or ("-", 0)), *headers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wrk failed: {done.stdout}{done.stderr}")
    return json.loads(done.stderr.strip().splitlines()[-1])


def _with_h2load(request, url, load, scratch):
    """gRPC over cleartext HTTP/2, one call at a time on each connection."""
    _, arguments = load.arguments()
    body, log = pathlib.Path(scratch) / "body", pathlib.Path(scratch) / "log"
    body.write_bytes(request.body)
    log.write_text("")
    headers = [text for name, value in request.headers.items() for text in ("-H", f"{name.lower()}: {value}")]
    command = ["h2load", *arguments, "-m", "1", "-D", str(load.seconds), "-d", str(body), "-H", "te: trailers",
               *headers, "--log-file", str(log), url + request.path]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    micros = sorted(int(line.split()[2]) for line in log.read_text().splitlines()) or [0]
    counts = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", said)
    done, succeeded, failed, _, timeout = map(int, counts.groups())
    # A refusal is headers and nothing else; a message is never shorter than its envelope.
    if int(re.search(r"\((\d+)\) data", said)[1]) < 6 * succeeded:
        sys.exit(f"{request.name}: refused")
    percentiles = {f"p{name}": micros[min(len(micros) * name // 10 ** len(str(name)), len(micros) - 1)]
                   for name in (50, 90, 99, 999)}
    return {"requests": done, "micros": load.seconds * 10**6, "refused": done - succeeded,
            "errors": failed + timeout, "max": micros[-1], **percentiles}


def measure(process, request, load):
    """Sends a request for a while; `process` has a `url` and, for CPU and memory, a `pid`."""
    send = _with_h2load if request.grpc else _with_wrk
    with tempfile.TemporaryDirectory() as scratch:
        before = machine.cpu_seconds(process.pid) if process.pid else 0
        found = send(request, process.url, load, scratch)
        cpu = machine.cpu_seconds(process.pid) - before if process.pid else 0
    requests, seconds = max(found["requests"], 1), found["micros"] / 1e6
    refused = found["requests"] - found["refused"] if request.refused else found["refused"]
    if refused > requests // 100:
        sys.exit(f"{request.name}: {refused} of {requests} answers have the wrong status")
    if found["errors"] > requests // 100:
        print(f"{request.name}: {found['errors']} errors of the network", file=sys.stderr)
    return {
        "operation": request.name,
        "connections": load.connections,
        "requests": found["requests"],
        # With targets that are used once, the threads end before the time does.
        "per_second": None if request.once else round(requests / seconds),
        **{f"{name}_us": found[name] for name in ("p50", "p90", "p99", "p999", "max")},
        "cpu_us_per_request": round(cpu * 1e6 / requests, 2) if process.pid else None,
        "cores_busy": round(cpu / seconds, 2) if process.pid else None,
        "rss_kib": machine.resident_kib(process.pid) if process.pid else None,
        "refused": refused,
        "errors": found["errors"],
    }


def warm(process, request):
    """Uses each target once, so that no token is proven for the first time while the clock runs."""
    measure(process, dataclasses.replace(request, once=True), Load(seconds=1))


def sessions(process, create, count):
    """Opens sessions with a request that does so; lines of id and token."""
    made = []
    while len(made) < count:
        with tempfile.TemporaryDirectory() as scratch:
            keep = os.path.join(scratch, "made")
            found = _with_wrk(create, process.url, Load(seconds=1), scratch, (keep, count - len(made)))
            if found["refused"] or not found["requests"]:
                sys.exit(f"sessions could not be opened: {found}")
            for path in sorted(pathlib.Path(scratch).glob("made.*")):
                # A thread that was stopped by the clock may leave half a line.
                made += path.read_text().split("\n")[:-1]
    return made[:count]
