#!/usr/bin/env python3
"""Puts load on a running server and says what each operation costs.

    python3 bench/load.py --data-dir ./bartizan-data --pid "$(pgrep -x bartizan)"

Needs `wrk` (Debian package of that name) and nothing else. Per operation it prints requests per
second, latency percentiles, the server's CPU time per request (user and system) and its resident
memory. Rates depend on the machine and on what else runs there; CPU per request is the figure to
compare. With --json the same goes to a file. bench/run.py measures everything on its own servers.
"""

import argparse
import json
import pathlib
import tempfile
import types

from suite import machine, operations, table
from suite.api import Api
from suite.load import Load, measure, sessions


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", default="http://127.0.0.1:8080")
    options.add_argument("--data-dir", default="./bartizan-data", help="where admin.pat is")
    options.add_argument("--pid", type=int, help="process of the server, for CPU and memory")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--threads", type=int, default=2, help="of wrk")
    options.add_argument("--seconds", type=int, default=5, help="per operation")
    options.add_argument("--sessions", type=int, default=40_000, help="made for get and set (half) and delete (half)")
    options.add_argument("--only", help="operations, separated by commas")
    options.add_argument("--json", type=pathlib.Path, help="write the figures there")
    given = options.parse_args()

    machine.require("wrk")
    server = types.SimpleNamespace(url=given.url, pid=given.pid)
    api = Api(given.url, given.data_dir)
    user = api.user()
    create = operations.create(api, user)
    with tempfile.TemporaryDirectory() as scratch:
        made = sessions(server, create, given.sessions)
        targets, doomed = pathlib.Path(scratch) / "targets", pathlib.Path(scratch) / "doomed"
        targets.write_text("\n".join(made[::2]) + "\n")
        forged = pathlib.Path(scratch) / "forged"
        forged.write_text("\n".join(map(operations.forged, made[::2])) + "\n")
        doomed.write_text("\n".join(made[1::2]) + "\n")
        requests = [
            create,
            operations.get(api, targets),
            operations.get(api, forged, "get with forged token", refused=True),
            operations.newest(api, user),
            operations.set_lifetime(api, targets),
            operations.delete(api, doomed),
            operations.create_with_password(api, user),
        ]
        if given.only:
            wanted = given.only.split(",")
            requests = [request for request in requests if request.name in wanted]
        load = Load(given.connections, given.seconds, given.threads)
        rows = [measure(server, request, load) for request in requests]
    table.show(rows)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
