#!/usr/bin/env python3
"""Measures what attackers would: times that tell who exists, and what floods leave for others.

    python3 bench/attacks.py timing
    python3 bench/attacks.py floods

Starts a server of its own on a free port of the loopback interface. `timing` checks wrong passwords of
a user, of a user without a password and of a name that nobody has, in turn and on one connection, and
compares the times: a rank test (Mann-Whitney) says how likely a difference as large as the one found
is if there is none. `floods` measures a client that reads a session 200 times a second, alone and
while one kind of flood goes on. Needs nothing but Python and a server that was built:
`cargo build --release`, or --profile dev for `cargo build`.
"""

import argparse
import contextlib
import http.client
import json
import math
import multiprocessing
import os
import pathlib
import re
import resource
import socket
import statistics
import sys
import tempfile
import threading
import time

from suite.api import Api
from suite.processes import Binaries, running

# Processes of a flood; the numbers of workers are multiples of it.
PROCESSES = 4

# The server's own defences must not end the measurement.
UNLIMITED = {
    "BARTIZAN_POLICY__FAILURES__PER_ADDRESS": "0",
    "BARTIZAN_POLICY__ATTEMPTS__MAX_IN_A_ROW": "0",
    "BARTIZAN_POLICY__TARPIT__STEP_SIZE": "0",
}


def rank_test(first, second):
    """The probability of ranks as unequal as these by chance, two-sided (normal approximation)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(first), len(second)
    mean, deviation = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(ranks - mean) / deviation / math.sqrt(2))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def timing(given, server, data_dir):
    api = Api(server.url, data_dir)
    known = api.user()
    without = json.loads(api.call("POST", "/v2/users/human", {
        "username": "without", "profile": {"givenName": "A", "familyName": "B"},
        "email": {"email": "without@example.com", "isVerified": True}}))["userId"]
    selectors = {"known": {"userId": known}, "without a password": {"userId": without},
                 "unknown": {"loginName": "nobody-has-this-name"}}
    connection = http.client.HTTPConnection(api.netloc, timeout=30)
    times = {name: [] for name in selectors}
    for attempt in range(given.attempts + 20):
        for name, user in selectors.items():
            body = json.dumps({"checks": {"user": user, "password": {"password": "Wrong-Pass-1!"}}})
            begun = time.perf_counter()
            connection.request("POST", "/v2/sessions", body, api.headers())
            answer = connection.getresponse()
            answer.read()
            if attempt >= 20:
                times[name].append((time.perf_counter() - begun) * 1e3)
            if not 400 <= answer.status < 429:
                sys.exit(f"{name}: {answer.status}")
    print(f"{given.attempts} attempts of each, ms\n")
    print("| user | median | p5 | p95 | difference of medians | chance |\n|---|---|---|---|---|---|")
    for name, values in times.items():
        row = [statistics.median(values), percentile(values, 0.05), percentile(values, 0.95)]
        difference = row[0] - statistics.median(times["known"])
        chance = "" if name == "known" else f"{rank_test(times['known'], values):.2f}"
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in row)
              + f" | {difference:+.2f} | {chance} |")


def flood(address, act, workers, over):
    """Attacks until it is over; nicer than the client that is measured, so that only the server is shared."""
    os.nice(10)

    def run():
        while not over.is_set():
            try:
                act(address, over)
            except OSError:
                over.wait(0.01)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    over.wait()


@contextlib.contextmanager
def flooding(netloc, workers, act):
    """A flood from processes of its own: in this one it would hold up the client that is measured."""
    host, port = netloc.split(":")
    over = multiprocessing.Event()
    shares = [workers // PROCESSES] * PROCESSES if act else []
    attackers = [multiprocessing.Process(target=flood, args=((host, int(port)), act, share, over), daemon=True)
                 for share in shares]
    for attacker in attackers:
        attacker.start()
    time.sleep(1)
    try:
        yield
    finally:
        over.set()
        for attacker in attackers:
            attacker.join(10)
            attacker.kill()
        # What the server still owes to the flood is not for the next one.
        time.sleep(2)


def connect_and_leave(address, _):
    socket.create_connection(address, timeout=5).close()


def silent_connections(address, over):
    held = [socket.create_connection(address, timeout=5) for _ in range(50)]
    over.wait(6)
    for connection in held:
        connection.close()


def slow_heads(address, over):
    held = [socket.create_connection(address, timeout=5) for _ in range(50)]
    for _ in range(60):
        for connection in held:
            try:
                connection.send(b"G")
            except OSError:
                pass
        if over.wait(0.1):
            break
    for connection in held:
        connection.close()


def large_bodies(address, over):
    head = b"POST /v2/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Length: 1000000\r\n\r\n"
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(head % large_bodies.token)
        for _ in range(15):
            connection.sendall(b"x" * 60_000)
        over.wait(1)


def unread_answers(address, over):
    request = b"GET /v2/sessions/1 HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(address, timeout=5) as connection:
        connection.setblocking(False)
        for _ in range(2_000):
            try:
                connection.send(request * 20)
            except BlockingIOError:
                if over.wait(0.05):
                    return


def wrong_tokens(address, over):
    connection = http.client.HTTPConnection(*address, timeout=5)
    for _ in range(500):
        if over.is_set():
            break
        connection.request("GET", "/v2/sessions/1", headers={"Authorization": "Bearer nonsense"})
        connection.getresponse().read()
    connection.close()


def wrong_passwords(address, over):
    connection = http.client.HTTPConnection(*address, timeout=30)
    headers = {"Authorization": f"Bearer {large_bodies.token.decode()}", "Content-Type": "application/json"}
    for attempt in range(100):
        if over.is_set():
            break
        user = {"loginName": f"nobody-{attempt}-{threading.get_ident()}"}
        body = json.dumps({"checks": {"user": user, "password": {"password": "Wrong-Pass-1!"}},
                           "userAgent": {"ip": "192.0.2.1"}})
        connection.request("POST", "/v2/sessions", body, headers)
        connection.getresponse().read()
    connection.close()


FLOODS = {
    "alone": (0, None),
    "connections that are made and left": (4, connect_and_leave),
    "1,000 connections that say nothing": (20, silent_connections),
    "1,000 heads that drip": (20, slow_heads),
    "100 bodies of 1 MB that do not end": (100, large_bodies),
    "20 clients that do not read": (20, unread_answers),
    "wrong tokens": (4, wrong_tokens),
    "wrong passwords from one address": (8, wrong_passwords),
}


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def floods(given, server, data_dir):
    api = Api(server.url, data_dir)
    large_bodies.token = api.token.encode()
    session, _ = api.session(api.user())
    print(f"200 reads a second for {given.seconds} s\n")
    print("| meanwhile | median ms | p99 ms | longest ms | failed | memory MiB |\n|---|---|---|---|---|---|")
    for name, (workers, act) in FLOODS.items():
        if not re.search(given.only, name):
            continue
        with flooding(api.netloc, workers, act):
            times, failed, peak = [], 0, 0
            connection = http.client.HTTPConnection(api.netloc, timeout=30)
            end = time.perf_counter() + given.seconds
            while (begun := time.perf_counter()) < end:
                try:
                    connection.request("GET", f"/v2/sessions/{session}", headers=api.headers(None))
                    answer = connection.getresponse()
                    answer.read()
                    failed += answer.status != 200
                except OSError:
                    failed += 1
                    connection.close()
                times.append((time.perf_counter() - begun) * 1e3)
                if len(times) % 20 == 0:
                    peak = max(peak, resident(server.pid))
                time.sleep(max(0, begun + 0.005 - time.perf_counter()))
            connection.close()
        print(f"| {name} | {statistics.median(times):.2f} | {percentile(times, 0.99):.2f} | {max(times):.1f} "
              f"| {failed} | {peak:.0f} |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=["timing", "floods"])
    options.add_argument("--attempts", type=int, default=1_000, help="of each kind")
    options.add_argument("--seconds", type=int, default=10, help="of each flood")
    options.add_argument("--profile", default="release", help="of cargo")
    options.add_argument("--only", default="", help="floods whose name has this pattern")
    given = options.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    environment = UNLIMITED if given.what == "timing" else {}
    with tempfile.TemporaryDirectory() as scratch:
        data_dir = pathlib.Path(scratch) / "data"
        with running(Binaries(given.profile).server, data_dir, environment) as server:
            (timing if given.what == "timing" else floods)(given, server, data_dir)


if __name__ == "__main__":
    main()
