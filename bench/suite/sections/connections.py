"""Throughput and cost against the number of connections."""

from .. import operations
from ..api import Api
from ..load import measure as run, sessions, warm
from ..processes import running
from ..rounds import interleaved


def measure(bench):
    data_dir = bench.place("connections")
    with running(bench.binaries.server, data_dir) as server:
        api = Api(server.url, data_dir)
        create = operations.create(api, api.user())
        targets = bench.lines("targets", sessions(server, create, 500 if bench.quick else 10_000))
        requests = {"create": create, "get": operations.get(api, targets)}
        warm(server, requests["get"])
        counts = (1, 64) if bench.quick else (1, 4, 16, 64, 256, 1024)
        things = {
            f"{name} {count}": lambda _, request=request, count=count: run(server, request, bench.load(count))
            for name, request in requests.items() for count in counts
        }
        found = interleaved(things, bench.rounds)
    return {"rows": [], "figures": found}
