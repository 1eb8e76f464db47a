"""Cost against the number of events in the file, beside a server whose file is empty."""

import dataclasses
import json

from .. import operations
from ..api import Api
from ..load import measure as run, sessions, warm
from ..processes import fill, running
from ..rounds import middle, ratio, verdict

# Sessions that are read and deleted lie far apart in the large file, as those of people do who log out;
# those that were made just now lie side by side, as all do in the empty file.
REACH = {"create": 1.2, "get": 1.6, "delete": 1.3, "delete at once": None, "list": 2}
NAMES = {"delete": "delete, sessions far apart", "delete at once": "delete, sessions made just now"}
# Sessions of the user whose newest are listed, the same in both files.
LISTED = 200
# As fill.rs gives them: an index has the end of each.
LIFETIME = "7776000s"


def lasting(api, user):
    """CreateSession of what the large file is full of: a user and a lifetime."""
    body = {"checks": {"user": {"userId": user}}, "lifetime": LIFETIME}
    return dataclasses.replace(operations.create(api, user), body=json.dumps(body).encode())


class Side:
    """One of the two servers, with what is asked of it in one round."""

    def __init__(self, bench, process, data_dir, targets, doomed):
        api = Api(process.url, data_dir)
        create = operations.create(api, api.user())
        lister = api.user()
        sessions(process, operations.create(api, lister), LISTED)
        made = sessions(process, lasting(api, api.user()), (1 if targets else 3) * share(bench))
        new = made[::1 if targets else 3]
        if targets is None:
            targets, doomed = made[1::3], made[2::3]
        self.process = process
        doomed_file = bench.lines("doomed", doomed)
        self.requests = {
            "create": create,
            "get": operations.get(api, bench.lines("targets", targets)),
            "list": operations.newest(api, lister),
            "delete": operations.delete(api, doomed_file),
            "delete at once": operations.delete(api, bench.lines("new", new)),
        }
        warm(process, self.requests["get"])
        # A token that this process has not issued or seen is hashed at its first use, on one side alone.
        warm(process, operations.get(api, doomed_file))


def share(bench):
    """Sessions to read, and as many to delete, of one round."""
    return 400 if bench.quick else 5_000


def _sizes(bench):
    # Far apart: what is created while one size is measured is in the file for the next.
    sizes = [size for size in (10_000, 1_000_000) if size < bench.events and not bench.quick]
    return [*sizes, bench.events]


def measure(bench):
    data_dir = bench.place("size")
    # Sets the data directory up.
    with running(bench.binaries.server, data_dir):
        pass
    steps = []
    for size in _sizes(bench):
        targets = bench.place("targets")
        # The smaller ones are points of the plot alone.
        rounds = bench.rounds if size == bench.events else max(1, bench.rounds // 2)
        filled = fill(bench.binaries.fill, data_dir, size, targets, 2 * share(bench) * rounds)
        bench.say(f"  {filled['events']:,} events, after {filled['seconds']} s")
        steps.append({"filled": filled, **_step(bench, data_dir, targets.read_text().splitlines(), rounds, filled)})
    last = steps[-1]
    events = last["filled"]["events"]
    rows = [verdict(f"{NAMES.get(name, name)}, {events:,} events, to an empty file", reach, last["to_empty"][name])
            for name, reach in REACH.items()]
    return {"rows": rows, "figures": steps}


def _step(bench, data_dir, lines, rounds, filled):
    found = {f"{name}, {which}": [] for name in REACH for which in ("filled", "empty")}
    busy = []
    for number in range(rounds):
        lot = lines[number::rounds]
        empty = bench.place("empty")
        with running(bench.binaries.server, data_dir) as one, running(bench.binaries.server, empty) as other:
            sides = {"filled": Side(bench, one, data_dir, lot[::2], lot[1::2]),
                     "empty": Side(bench, other, empty, None, None)}
            names = list(sides) if number % 2 == 0 else list(reversed(sides))
            for name in ("get", "list", "delete", "delete at once", "create"):
                for which in names:
                    side = sides[which]
                    row = run(side.process, side.requests[name], bench.load())
                    found[f"{name}, {which}"].append(row)
            if number == 0 and not bench.quick:
                api = Api(one.url, data_dir)
                busy = run(one, operations.newest(api, filled["busy_user"], "list of a busy user"), bench.load())
    return {
        "operations": found,
        "to_empty": {name: ratio(found, f"{name}, filled", f"{name}, empty") for name in REACH},
        "cost_us": {name: middle(found[f"{name}, filled"]) for name in REACH},
        "busy_user": busy,
    }
