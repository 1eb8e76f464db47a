"""Each operation against what the framework alone costs."""

import contextlib
import os
import time

from .. import operations
from ..api import Api
from ..load import Request, measure as run, sessions, warm
from ..machine import resident_kib
from ..processes import floor, running
from ..rounds import interleaved, ratio, verdict

# Deletions of one round: a session ends once.
DOOMED = 20_000
TARGETS = 20_000


def measure(bench):
    with servers(bench, "requests") as sides:
        found = operate(bench, *sides)
        hashing, memory = _passwords(bench, *sides)
    rows = [*rows_of(found), *_password_rows(hashing, memory)]
    return {"rows": rows, "figures": {"operations": found, "passwords": hashing, "password_memory": memory}}


@contextlib.contextmanager
def servers(bench, place):
    """Starts the server and its floor, which answers what the server does: an `Api`, a user, the two."""
    data_dir = bench.place(place)
    with running(bench.binaries.server, data_dir) as server:
        api = Api(server.url, data_dir)
        user = api.user()
        identifier, token = api.session(user)
        answer = bench.place("answer")
        answer.write_bytes(api.call("GET", f"/v2/sessions/{identifier}?sessionToken={token}"))
        with floor(bench.binaries.floor, answer) as base:
            yield api, user, server, base


def _on_the_floor(name, api, path, body=b""):
    return Request(name, "POST" if body else "GET", path, api.headers(), body)


def operate(bench, api, user, server, base):
    """Asks both for each operation in turn; the rows of each by name."""
    create = operations.create(api, user)
    made = sessions(server, create, 1_000 if bench.quick else TARGETS)
    get = operations.get(api, bench.lines("targets", made[::2]))
    forged = bench.lines("forged", map(operations.forged, made))
    # A change gives a session another token, so these are not read.
    changed = bench.lines("changed", made[1::2])
    warm(server, get)

    def of(process, request, connections=64):
        return lambda _: run(process, request, bench.load(connections))

    def delete(_):
        doomed = bench.lines("doomed", sessions(server, create, 500 if bench.quick else DOOMED))
        return run(server, operations.delete(api, doomed), bench.load())

    things = {
        "static": of(base, _on_the_floor("static", api, "/static")),
        "get": of(server, get),
        "forged": of(server, operations.get(api, forged, "get with forged token", refused=True)),
        "parse": of(base, _on_the_floor("parse", api, "/parse", create.body)),
        "create": of(server, create),
        "delete": delete,
        "set": of(server, operations.set_lifetime(api, changed)),
    }
    if not bench.quick:
        things["parse 256"] = of(base, _on_the_floor("parse", api, "/parse", create.body), 256)
        things["create 256"] = of(server, create, 256)
    return interleaved(things, bench.rounds)


def _passwords(bench, api, user, server, base):
    """Checks of passwords, as many at a time as may wait; memory in KiB before and under that load."""
    request = operations.create_with_password(api, user)
    # Of so few answers, more seconds.
    load = bench.load(8 if bench.quick else 64, bench.seconds * (1 if bench.quick else 2))
    before = resident_kib(server.pid)

    def of(process, request):
        def once(_):
            row = run(process, request, load)
            # What the generator has left behind still waits for its hash, and would fill the queue.
            time.sleep(0.02 * load.connections)
            return row
        return once

    found = interleaved({
        "hash": of(base, _on_the_floor("hash", api, "/hash", request.body)),
        "password": of(server, request),
    }, bench.rounds)
    return found, {"before_kib": before, "under_load_kib": max(row["rss_kib"] for row in found["password"])}


def rows_of(found, how=""):
    """What the operations cost, to the floor."""
    rows = [verdict(f"create with user check, 64 connections, to parsing and answering its body{how}", 5,
                    ratio(found, "create", "parse"))]
    if "create 256" in found:
        rows.append(verdict(f"the same with 256 connections{how}", 5, ratio(found, "create 256", "parse 256")))
    return rows + [
        verdict(f"get with token, to a static answer{how}", 3, ratio(found, "get", "static")),
        verdict(f"delete with token, to create{how}", 1.15, ratio(found, "delete", "create")),
        verdict(f"set lifetime, to create{how}", None, ratio(found, "set", "create")),
        verdict(f"forged token, to a static answer{how}", 1.5, ratio(found, "forged", "static")),
    ]


def _password_rows(hashing, memory):
    one_hash = "one argon2id hash in actix-web's pool, with as many threads as cores"
    rows = [
        verdict(f"create with password, to {one_hash}", 1.1, ratio(hashing, "password", "hash")),
        verdict("cores busy with passwords, of those busy with hashes alone", 0.95,
                ratio(hashing, "password", "hash", "cores_busy"), least=True),
    ]
    # A thread for each core, each with a block of 19 MiB; the rest of the load needs something too.
    blocks = 19 * os.cpu_count() + 8
    grown = (memory["under_load_kib"] - memory["before_kib"]) / 1024
    rows.append(verdict("memory that passwords take, one block for each thread", blocks, grown, "MiB"))
    return rows
