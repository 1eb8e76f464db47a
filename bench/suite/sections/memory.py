"""Memory, start and disk with many sessions in the file."""

import statistics
import time

from .. import machine, operations
from ..api import Api
from ..load import measure as run
from ..processes import fill, running, start
from ..rounds import verdict

# Idle is what is left some time after the start.
SETTLE = 1


def measure(bench):
    data_dir, targets = bench.place("memory"), bench.place("targets")
    with running(bench.binaries.server, data_dir) as server:
        time.sleep(SETTLE)
        idle = machine.resident_kib(server.pid)
        user = Api(server.url, data_dir).user()
    filled = fill(bench.binaries.fill, data_dir, bench.sessions * 4 + bench.sessions // 25, targets)
    disk = (data_dir / "bartizan.db").stat().st_size
    starts = []
    for _ in range(3 if bench.quick else 10):
        server, seconds = start(bench.binaries.server, data_dir)
        server.stop()
        starts.append(seconds * 1e3)
    with running(bench.binaries.server, data_dir) as server:
        time.sleep(SETTLE)
        loaded = machine.resident_kib(server.pid)
        api = Api(server.url, data_dir)
        requests = [operations.get(api, targets), operations.create(api, user),
                    operations.newest(api, filled["busy_user"]), operations.set_lifetime(api, targets)]
        found = [run(server, request, bench.load()) for request in requests]
        under_load = max(row["rss_kib"] for row in found)
        peak = machine.peak_kib(server.pid)
    sessions = f"{filled['sessions']:,} sessions"
    return {
        "rows": [
            verdict("resident memory, idle, empty file", 12, idle / 1024, "MiB"),
            verdict(f"resident memory, idle, {sessions}", None, loaded / 1024, "MiB"),
            verdict(f"resident memory under load, {sessions}", 48, under_load / 1024, "MiB"),
            verdict(f"start, {sessions}", 30, statistics.median(starts), "ms"),
            verdict("disk for a session of 4 events", 700, disk / filled["sessions"], "bytes"),
        ],
        "figures": {"idle_kib": idle, "loaded_kib": loaded, "under_load": found, "peak_kib": peak,
                    "starts_ms": [round(one, 2) for one in starts], "filled": filled, "file_bytes": disk},
    }
