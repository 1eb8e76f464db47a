#!/usr/bin/env python3
"""Measures a log out everywhere of somebody with very many sessions, and what it leaves for others.

    python3 bench/logout.py

Fills a database with sessions of one user, starts a server of its own on a free port of the loopback
interface, and ends all of them with one call while others open sessions and read, and while an event
stream is followed. Times of the others count from the moment at which each request was due, so that
those who would have come while the server was busy count as well. Then the server sweeps the rows.
Needs nothing but Python and what was built: `cargo build --release --bin bartizan --example fill`.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from attacks import percentile
from suite import machine
from suite.api import Api
from suite.processes import Binaries, fill, running

# Requests of each kind a second, by so many clients.
RATE = 200
CLIENTS = 4


class Others:
    """Clients that send one request over and over, each at its time whether the one before was fast or not."""

    def __init__(self, api, method, path, body=None):
        self.times = []
        self.failed = 0
        self._over = threading.Event()
        self._sent = api.netloc, method, path, body and json.dumps(body), api.headers()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]

    def _run(self, number):
        netloc, method, path, body, headers = self._sent
        connection = http.client.HTTPConnection(netloc, timeout=60)
        due = time.perf_counter() + number / RATE
        while not self._over.is_set():
            time.sleep(max(0, due - time.perf_counter()))
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                self.failed += answer.status >= 300
            except OSError:
                self.failed += 1
                connection.close()
            self.times.append((due, (time.perf_counter() - due) * 1e3))
            due += CLIENTS / RATE
        connection.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def between(self, begin, end):
        """Median, 99th percentile and longest of what was due in a time, in ms."""
        times = [took for due, took in self.times if begin <= due < end] or [0]
        return f"{percentile(times, 0.5):.1f} | {percentile(times, 0.99):.1f} | {max(times):.0f}"


class Sampled:
    """The largest memory of a process and the longest log of its database meanwhile."""

    def __init__(self, pid, data_dir):
        self._pid, self._wal = pid, pathlib.Path(data_dir) / "bartizan.db-wal"
        self.rss = self.wal = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._over.wait(0.02):
            self.rss = max(self.rss, machine.resident_kib(self._pid) / 1024)
            self.wal = max(self.wal, self._wal.stat().st_size / 2**20)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


class Stream:
    """Follows the ends of sessions."""

    def __init__(self, api):
        self.seen, self.last = 0, 0.0
        # Not the module of the other clients: lines of a body without an end.
        self._child = subprocess.Popen(
            ["curl", "-sN", f"{api.url}/v2/events?event_type=session.terminated", "-H",
             f"Authorization: Bearer {api.token}"], stdout=subprocess.PIPE)
        self._child.stdout.readline()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        for line in self._child.stdout:
            if line.startswith(b"data: "):
                self.seen += 1
                self.last = time.perf_counter()

    def stop(self):
        self._child.terminate()
        self._child.wait()
        self._thread.join()


def look(data_dir, sql):
    """A number out of the file."""
    with contextlib.closing(sqlite3.connect(f"file:{data_dir}/bartizan.db?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchone()[0]


def sessions_of_one(given, binaries, data_dir):
    """Fills a database with sessions of a user, who is an event as well; the user's id."""
    with running(binaries.server, data_dir):
        pass
    events = look(data_dir, "SELECT max(position) FROM events") + 4 * given.sessions + 1
    filled = fill(binaries.fill, data_dir, events, per_user=given.sessions + 1)
    if (filled["sessions"], filled["users"]) != (given.sessions, 1):
        sys.exit(f"not what was asked for: {filled}")
    return filled["busy_user"]


def log_out(given, server, data_dir, user):
    api = Api(server.url, data_dir)
    other = api.user()
    session, _ = api.session(other)
    creates = Others(api, "POST", "/v2/sessions", {"checks": {"user": {"userId": other}}})
    reads = Others(api, "GET", f"/v2/sessions/{session}")
    stream = Stream(api)
    before = machine.resident_kib(server.pid) / 1024
    with Sampled(server.pid, data_dir) as sampled, creates, reads:
        begun = time.perf_counter()
        time.sleep(given.seconds)
        quiet = time.perf_counter()
        cpu = machine.cpu_seconds(server.pid)
        answer = json.loads(api.call("POST", f"/bartizan/v1/users/{user}/logout", {}))
        ended = time.perf_counter()
        cpu = machine.cpu_seconds(server.pid) - cpu
        while stream.seen < given.sessions and time.perf_counter() - ended < 60:
            time.sleep(0.05)
        told = time.perf_counter()
        time.sleep(given.seconds)
        over = time.perf_counter()
    stream.stop()
    if int(answer["terminated"]) != given.sessions or stream.seen != given.sessions:
        sys.exit(f"{answer['terminated']} of {given.sessions} sessions ended, {stream.seen} were told of")
    if creates.failed or reads.failed:
        sys.exit(f"{creates.failed} creates and {reads.failed} reads failed")
    took = ended - quiet
    print(f"{given.sessions} sessions ended in {took:.2f} s ({cpu:.2f} s of CPU, the others included)")
    print(f"the last of them was told by the stream {stream.last - ended:.1f} s after the answer")
    print(f"memory {before:.0f} MiB before, {sampled.rss:.0f} MiB at most; "
          f"write-ahead log {sampled.wal:.0f} MiB at most\n")
    print("| others, ms | median | p99 | max |\n|---|---|---|---|")
    for name, begin, end in [("before", begun, quiet), ("meanwhile", quiet, ended),
                             ("while the stream catches up", ended, told), ("after", told, over)]:
        for kind, times in [("create", creates), ("read", reads)]:
            print(f"| {kind}, {name} | {times.between(begin, end)} |")
    return other


def sweep(given, server, data_dir, other, started):
    api = Api(server.url, data_dir)
    creates = Others(api, "POST", "/v2/sessions", {"checks": {"user": {"userId": other}}})
    with Sampled(server.pid, data_dir) as sampled, creates:
        while (left := look(data_dir, "SELECT count(*) FROM sessions WHERE state = 2")) and time.perf_counter() - started < 600:
            time.sleep(0.1)
        swept = time.perf_counter()
    print(f"| create, while rows are swept | {creates.between(started, swept)} |\n")
    print(f"swept in {swept - started:.1f} s, {left} left; write-ahead log {sampled.wal:.0f} MiB at most")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=100_000)
    options.add_argument("--seconds", type=int, default=5, help="of quiet before and after")
    options.add_argument("--profile", default="release", help="of cargo")
    options.add_argument("--scratch", help="folder for the database")
    given = options.parse_args()
    binaries = Binaries(given.profile)
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        data_dir = pathlib.Path(scratch) / "data"
        user = sessions_of_one(given, binaries, data_dir)
        with running(binaries.server, data_dir) as server:
            other = log_out(given, server, data_dir, user)
        environment = {"BARTIZAN_SWEEP__AFTER": "0s", "BARTIZAN_SWEEP__INTERVAL": "1s"}
        started = time.perf_counter()
        with running(binaries.server, data_dir, environment) as server:
            sweep(given, server, data_dir, other, started)
        size = os.path.getsize(data_dir / "bartizan.db") / 2**20
        begun = time.perf_counter()
        subprocess.run([str(binaries.server), "verify", "--data-dir", str(data_dir)], check=True,
                       stdout=subprocess.DEVNULL)
        print(f"verified in {time.perf_counter() - begun:.1f} s; database {size:.0f} MiB")


if __name__ == "__main__":
    main()
