"""How each contestant is installed, started, asked and looked into."""

import dataclasses
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import meter

HERE = pathlib.Path(__file__).parent
SECRET = "only-for-benchmarks-only-for-benchmarks"
EMAIL, PASSWORD = "bench@example.com", "Bench-Password-1!"
JSON = {"Content-Type": "application/json"}


@dataclasses.dataclass
class Request:
    method: str
    path: str
    body: str = ""
    headers: dict = dataclasses.field(default_factory=dict)
    keep: str = "-"

    def filled(self, words):
        def fill(text):
            for place, word in enumerate(words, 1):
                text = text.replace(f"{{{place}}}", word)
            return text
        headers = {name: fill(value) for name, value in self.headers.items()}
        return Request(self.method, fill(self.path), fill(self.body), headers)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, request):
    """Status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(request.method, request.path, request.body or None, request.headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def until(what, attempt, processes, seconds=60):
    """Tries every other millisecond; an attempt that cannot connect yet raises OSError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            raise RuntimeError(f"{what} ended instead of starting")
        try:
            return attempt()
        except OSError:
            time.sleep(0.002)
    raise RuntimeError(f"{what} does not answer")


class Contestant:
    """A server with its own data. `create`, `get`, `delete` are the requests; `alive` proves a get's answer."""

    name = title = ready = alive = ""
    # Not every one of them checks passwords.
    with_password = None

    def __init__(self, scratch):
        self.scratch = scratch
        self.data = scratch / "data" / self.name
        self.processes, self.port = [], 0

    # What each kind says of itself.
    def install(self): ...
    def processes_to_start(self): ...
    def setup(self): ...
    def sessions_on_disk(self): ...
    def installed_bytes(self): ...
    def versions(self): ...

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def spawn(self, command, **more):
        with open(self.scratch / f"{self.name}.log", "ab") as log:
            environment = {**os.environ, "NODE_ENV": "production", **more.pop("env", {})}
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                       **more)
        self.processes.append(process)

    def start(self, fresh=False):
        """Returns the milliseconds until the first answer."""
        if fresh:
            shutil.rmtree(self.data, ignore_errors=True)
            self.data.mkdir(parents=True)
        self.port = free_port()
        began = time.monotonic()
        self.processes_to_start()
        until(self.name, lambda: ask(self.port, Request("GET", self.ready)), self.processes)
        return round((time.monotonic() - began) * 1000)

    def stop(self, how=signal.SIGTERM):
        """Ends what was started here, the server before what it needs."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(how)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = []

    def must(self, request):
        status, body = ask(self.port, request)
        if not 200 <= status < 300:
            sys.exit(f"{self.name}: {request.method} {request.path}: {status} {body}")
        return body

    def still_there(self, line):
        """Whether the session of a line is answered as one that is alive."""
        status, body = ask(self.port, self.get.filled(line.split()))
        return status == 200 and self.alive in body


class Bartizan(Contestant):
    name, title, ready = "bartizan", "Bartizan", "/debug/ready"
    alive = '"loginName"'
    with_password = True  # until setup knows the user

    def __init__(self, scratch, binary):
        super().__init__(scratch)
        self.binary = binary.resolve()

    def install(self):
        if not self.binary.is_file():
            sys.exit(f"{self.binary} is not there: cargo build --release, or --bartizan PATH")

    def processes_to_start(self):
        # In its own folder, so that no config.toml is found: all is as it comes but the access log, which the
        # others do not have.
        self.spawn([self.binary, "serve", "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}"],
                   cwd=self.data, env={"BARTIZAN_LOG__ACCESS": "false"})

    def setup(self):
        headers = {**JSON, "Authorization": f"Bearer {(self.data / 'admin.pat').read_text().strip()}"}
        user = json.loads(self.must(Request("POST", "/v2/users/human", json.dumps({
            "username": "bench",
            "profile": {"givenName": "Bench", "familyName": "Mark"},
            "email": {"email": EMAIL, "isVerified": True},
            "password": {"password": PASSWORD},
        }), headers)))["userId"]
        check = {"user": {"userId": user}}
        self.create = Request("POST", "/v2/sessions", json.dumps({"checks": check}), headers, "session")
        self.with_password = Request("POST", "/v2/sessions", json.dumps(
            {"checks": {**check, "password": {"password": PASSWORD}}}), headers)
        self.get = Request("GET", "/v2/sessions/{1}?sessionToken={2}", "", headers)
        self.delete = Request("DELETE", "/v2/sessions/{1}", '{"sessionToken":"{2}"}', headers)

    def sessions_on_disk(self):
        return count_rows(self.data / "bartizan.db", "SELECT count(*) FROM sessions WHERE state = 1")

    def installed_bytes(self):
        return {"binary": self.binary.stat().st_size}

    def versions(self):
        return {"bartizan": output([self.binary, "--version"]).split()[-1]}


class Node(Contestant):
    """A contestant in a folder here, whose packages npm installs as its lock file says."""

    def install(self):
        source, self.home = HERE / self.folder, self.scratch / self.folder
        self.home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc", "server.js"):
            shutil.copy(source / name, self.home)
        lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
        stamp = self.home / "node_modules" / ".installed"
        if not stamp.is_file() or stamp.read_text() != lock:
            print(f"npm ci for {self.folder}", file=sys.stderr)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=self.home, check=True,
                           stdout=sys.stderr)
            stamp.write_text(lock)

    def node(self, **env):
        self.spawn(["node", "server.js"], cwd=self.home,
                   env={"PORT": str(self.port), "SECRET": SECRET, "DATA": str(self.data), **env})

    def installed_bytes(self):
        return {"node_modules": meter.folder_bytes(self.home / "node_modules"), "node": binary_bytes("node")}

    def versions(self):
        packages = json.loads((self.home / "package.json").read_text())["dependencies"]
        return {**packages, "node": output(["node", "--version"]).lstrip("v")}


class BetterAuth(Node):
    name, title, ready, folder = "better-auth", "better-auth, better-sqlite3", "/api/auth/ok", "better-auth"
    alive = '"userId"'
    hash = "plain"

    def processes_to_start(self):
        self.node(HASH=self.hash)

    def setup(self):
        # A new port is a new origin; requests that change something have to name it.
        headers = {**JSON, "Origin": self.url}
        self.must(Request("POST", "/api/auth/sign-up/email", json.dumps(
            {"name": "Bench Mark", "email": EMAIL, "password": PASSWORD}), headers))

    @property
    def create(self):
        body = json.dumps({"email": EMAIL, "password": PASSWORD})
        return Request("POST", "/api/auth/sign-in/email", body, {**JSON, "Origin": self.url}, "cookie")

    with_password = create
    get = Request("GET", "/api/auth/get-session", "", {"Cookie": "{1}"})

    @property
    def delete(self):
        return Request("POST", "/api/auth/sign-out", "{}", {**JSON, "Origin": self.url, "Cookie": "{1}"})

    def sessions_on_disk(self):
        return count_rows(self.data / "auth.db", "SELECT count(*) FROM session")


class BetterAuthScrypt(BetterAuth):
    name, hash = "better-auth-scrypt", "scrypt"


class FastifyRedis(Node):
    name, title, ready, folder = "fastify-redis", "fastify, Redis", "/session", "fastify-redis"
    alive = '"user"'
    create = Request("POST", "/sessions", json.dumps({"userId": "1"}), JSON, "cookie")
    get = Request("GET", "/session", "", {"Cookie": "{1}"})
    delete = Request("DELETE", "/session", "", {"Cookie": "{1}"})

    def install(self):
        super().install()
        if not shutil.which("redis-server"):
            if os.geteuid() != 0:
                sys.exit("redis-server is not there: apt-get install redis-server")
            subprocess.run(["apt-get", "install", "-y", "redis-server"], check=True, stdout=sys.stderr)

    def processes_to_start(self):
        self.redis_port = free_port()
        self.spawn(["redis-server", "--bind", "127.0.0.1", "--port", str(self.redis_port), "--dir", self.data,
                    "--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        # While it reads its file it says so instead of PONG.
        until("redis-server", lambda: self.redis("PING") == "+PONG" or refuse(), self.processes)
        self.node(REDIS_PORT=str(self.redis_port))

    def redis(self, command):
        with socket.create_connection(("127.0.0.1", self.redis_port), 30) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.makefile().readline().strip()

    def setup(self):
        self.must(Request("PUT", "/users/1", json.dumps({"email": EMAIL, "name": "Bench Mark"}), JSON))

    def sessions_on_disk(self):
        # The server read its file at its start, so what it counts is what was there; one key is the user.
        return int(self.redis("DBSIZE").lstrip(":")) - 1

    def installed_bytes(self):
        return {**super().installed_bytes(), "redis-server": binary_bytes("redis-server")}

    def versions(self):
        return {**super().versions(), "redis-server": output(["redis-server", "--version"]).split("v=")[1].split()[0]}


def refuse():
    raise ConnectionError("not yet")


def count_rows(file, query):
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return database.execute(query).fetchone()[0]
    finally:
        database.close()


def binary_bytes(name):
    return os.stat(os.path.realpath(shutil.which(name))).st_size


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
