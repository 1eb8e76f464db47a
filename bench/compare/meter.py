"""What is measured: processes by /proc, load by wrk, folders by their files."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """CPU time of the processes with all their threads, user and system."""
    def one(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return sum(one(pid) for pid in pids)


def resident_kib(pids):
    def one(pid):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0
    return sum(one(pid) for pid in pids)


def settled(pids):
    """CPU time once nothing is under way any more: what wrk left unanswered is worked on without it."""
    deadline = time.monotonic() + 60
    before = cpu_seconds(pids)
    while True:
        time.sleep(0.3)
        now = cpu_seconds(pids)
        if now - before <= len(pids) / TICKS or time.monotonic() > deadline:
            return now
        before = now


@contextlib.contextmanager
def highest_resident(pids):
    """Yields a list that holds the highest sum in KiB once the block is left."""
    seen, over = [resident_kib(pids)], threading.Event()

    def look():
        while not over.wait(0.1):
            seen[0] = max(seen[0], resident_kib(pids))

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield seen
    finally:
        over.set()
        looker.join()


def folder_bytes(folder):
    """What the files take: their blocks, so that holes and what is written ahead count as the disk sees them."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_blocks * 512 for path in paths)


def wrk(url, request, *, mode, seconds, connections, targets=None, count=0):
    """Puts load on `url`; returns wrk's figures, times in microseconds."""
    threads = 2 if mode == "again" else 1
    command = ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s",
               "-s", str(HERE / "load.lua"), url, "--", request.method, request.path, request.body, mode,
               str(targets or "-"), str(threads), request.keep, str(count),
               *(f"{name}: {value}" for name, value in request.headers.items())]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stderr.strip().splitlines()
    if done.returncode or not lines or not lines[-1].startswith("{"):
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    return json.loads(lines[-1])


def load(server, request, *, seconds, connections, mode="again", targets=None):
    """One measured run: rate, latency, CPU per request and memory of all processes of the server."""
    before = settled(server.pids)
    with highest_resident(server.pids) as highest:
        figures = wrk(server.url, request, mode=mode, seconds=seconds, connections=connections, targets=targets)
    cpu = settled(server.pids) - before
    # Rate and cost are those of what was done; a refusal is cheap. The cost includes what was still under way when
    # the time was over, and so does the number it is divided by.
    answers, worked = figures["answers"] - figures["refused"], figures["asked"] - figures["refused"]
    if not answers:
        print(f"{server.name} did nothing within {seconds} s", file=sys.stderr)
    return {
        "done": answers,
        "per_second": round(answers / max(figures["micros"] / 1e6, 1e-6)),
        "p50_ms": round(figures["p50"] / 1e3, 2) if answers else None,
        "p99_ms": round(figures["p99"] / 1e3, 2) if answers else None,
        "cpu_us_per_request": round(cpu * 1e6 / worked, 1) if answers else None,
        "rss_mib": round(highest[0] / 1024, 1),
        "refused": figures["refused"],
        "errors": figures["errors"],
    }
