"""Servers that are started for a measurement and ended after it."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from .machine import ROOT

START_TIMEOUT = 60


class Process:
    """A server that runs, and what it is called with."""

    def __init__(self, command, url=None, environment=None):
        # The access log is written, to nowhere.
        self._child = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if url else subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.pid = self._child.pid
        self.command = command
        self.url = url or self._child.stdout.readline().strip()

    def stop(self):
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        self._child.wait(60)

    def is_over(self):
        return self._child.poll() is not None


class Binaries:
    """The server, the floor it is compared with, and what fills databases."""

    def __init__(self, profile):
        folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        folder = folder / ("debug" if profile == "dev" else profile)
        self.profile = profile
        self.server = folder / "bartizan"
        self.floor = folder / "examples" / "floor"
        self.fill = folder / "examples" / "fill"

    def build(self):
        subprocess.run(["cargo", "build", "--locked", "--profile", self.profile, "--bin", "bartizan",
                        "--example", "floor", "--example", "fill"], cwd=ROOT, check=True)


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _ready(netloc):
    """Whether the server says so; nothing of http.client, which would take longer than the start."""
    host, port = netloc.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(f"GET /debug/ready HTTP/1.1\r\nHost: {netloc}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start(binary, data_dir, environment=None):
    """Starts the server on a data directory; it and the seconds until it was ready."""
    netloc = f"127.0.0.1:{free_port()}"
    command = [str(binary), "serve", "--listen", netloc, "--data-dir", str(data_dir)]
    begun = time.perf_counter()
    process = Process(command, f"http://{netloc}", environment)
    while not _ready(netloc):
        if process.is_over() or time.perf_counter() - begun > START_TIMEOUT:
            process.stop()
            sys.exit(f"the server does not start; hint: see what it says with `{' '.join(command)}`")
        time.sleep(0.0002)
    return process, time.perf_counter() - begun


@contextlib.contextmanager
def running(binary, data_dir, environment=None):
    process, _ = start(binary, data_dir, environment)
    try:
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def floor(binary, answer):
    """The floor, with a file that has its static answer."""
    process = Process([str(binary), "--answer", str(answer)])
    try:
        # It binds before it says its address.
        yield process
    finally:
        process.stop()


def fill(binary, data_dir, events, targets=None, tokens=20_000, per_user=25):
    """Fills the log up to so many events; what was made, and the seconds that took."""
    command = [str(binary), "--data-dir", str(data_dir), "--events", str(events), "--sessions-per-user", str(per_user)]
    if targets:
        command += ["--targets", str(targets), "--tokens", str(tokens)]
    begun = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {**json.loads(done.stdout), "seconds": round(time.perf_counter() - begun, 1)}
