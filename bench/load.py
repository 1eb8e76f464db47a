#!/usr/bin/env python3
"""Puts load on a running server and says what each operation costs.

    python3 bench/load.py --data-dir ./bartizan-data --pid "$(pgrep -x bartizan)"

Needs `wrk` (Debian package of that name) and nothing else. Per operation it prints requests per
second, latency percentiles, the server's CPU time per request (user and system, from /proc) and its
resident memory. Rates depend on the machine and on what else runs there; CPU per request is the
figure to compare. With --json the same goes to a file.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

HERE = pathlib.Path(__file__).parent
PASSWORD = "Bench-Password-1!"


class Server:
    """The API of the server under load, as far as the setup needs it."""

    def __init__(self, url, token):
        self.netloc = urllib.parse.urlsplit(url).netloc
        self.url, self.token = url, token

    def connection(self):
        return http.client.HTTPConnection(self.netloc, timeout=30)

    def call(self, method, path, body, connection=None):
        connection = connection or self.connection()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def user(self):
        name = f"bench-{os.getpid()}-{os.urandom(4).hex()}"
        return self.call("POST", "/v2/users/human", {
            "username": name,
            "profile": {"givenName": "Bench", "familyName": "Mark"},
            "email": {"email": f"{name}@example.com", "isVerified": True},
            "password": {"password": PASSWORD},
        })["userId"]

    def sessions(self, count, user):
        """Makes sessions; returns lines of id and token."""
        body = {"checks": {"user": {"userId": user}}}

        def some(number):
            connection = self.connection()
            made = [self.call("POST", "/v2/sessions", body, connection) for _ in range(number)]
            return [f"{one['sessionId']} {one['sessionToken']}" for one in made]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return [line for lines in pool.map(some, [-(-count // 16)] * 16) for line in lines][:count]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def run(server, pid, operation, arguments):
    name, method, path, body, targets, once = operation
    command = ["wrk", "-t", str(arguments.threads), "-c", str(arguments.connections),
               "-d", f"{arguments.seconds}s", "-s", str(HERE / "load.lua"), server.url, "--",
               method, path, body, server.token, targets or "-", "once" if once else "again",
               str(arguments.threads)]
    before = cpu_seconds(pid) if pid else 0
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu = cpu_seconds(pid) - before if pid else 0
    figures = json.loads(done.stderr.strip().splitlines()[-1])
    requests = max(figures["requests"], 1)
    return {
        "operation": name,
        "connections": arguments.connections,
        "requests": figures["requests"],
        "per_second": round(requests / (figures["micros"] / 1e6)),
        "p50_us": figures["p50"], "p90_us": figures["p90"], "p99_us": figures["p99"],
        "p999_us": figures["p999"], "max_us": figures["max"],
        "cpu_us_per_request": round(cpu * 1e6 / requests, 1) if pid else None,
        "rss_kib": resident_kib(pid) if pid else None,
        "refused": figures["refused"], "errors": figures["errors"],
    }


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
    arguments = options.parse_args()

    token = (pathlib.Path(arguments.data_dir) / "admin.pat").read_text().strip()
    server = Server(arguments.url, token)
    user = server.user()
    by_user = json.dumps({"checks": {"user": {"userId": user}}})
    by_password = json.dumps({"checks": {"user": {"userId": user}, "password": {"password": PASSWORD}}})
    newest = json.dumps({"queries": [{"userIdQuery": {"id": user}}], "query": {"limit": 20},
                         "sortingColumn": "SESSION_FIELD_NAME_CREATION_DATE"})

    with tempfile.TemporaryDirectory() as scratch:
        made = server.sessions(arguments.sessions, user)
        targets, doomed = pathlib.Path(scratch) / "targets", pathlib.Path(scratch) / "doomed"
        targets.write_text("\n".join(made[::2]) + "\n")
        doomed.write_text("\n".join(made[1::2]) + "\n")
        operations = [
            ("create", "POST", "/v2/sessions", by_user, None, False),
            ("get with token", "GET", "/v2/sessions/{id}?sessionToken={token}", "", str(targets), False),
            ("list newest 20", "POST", "/v2/sessions/search", newest, None, False),
            ("set lifetime", "PATCH", "/v2/sessions/{id}", '{"lifetime":"3600s"}', str(targets), False),
            ("delete with token", "DELETE", "/v2/sessions/{id}", '{"sessionToken":"{token}"}', str(doomed), True),
            ("create with password", "POST", "/v2/sessions", by_password, None, False),
        ]
        if arguments.only:
            wanted = arguments.only.split(",")
            operations = [operation for operation in operations if operation[0] in wanted]
        rows = [run(server, arguments.pid, operation, arguments) for operation in operations]

    columns = list(rows[0])
    widths = [max(len(column), *(len(str(row[column])) for row in rows)) for column in columns]
    for line in [columns, *([str(row[column]) for column in columns] for row in rows)]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
