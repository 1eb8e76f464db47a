"""The same request over each protocol.

Over HTTP/1.1 with wrk, gRPC over cleartext HTTP/2 with h2load and one call at a time on each
connection. The generators take CPU as well and h2load takes more of it, so that the rate of gRPC says
less than its CPU time.
"""

from .. import operations
from ..api import Api
from ..load import measure as run
from ..processes import running
from ..rounds import interleaved, ratio, verdict


def measure(bench):
    data_dir = bench.place("protocols")
    with running(bench.binaries.server, data_dir) as server:
        api = Api(server.url, data_dir)
        user = api.user()
        things, rows = {}, []
        for protocol, operation, request in operations.in_every_protocol(api, user, *api.session(user)):
            operations.check(api, protocol, request)
            if bench.quick and (protocol, operation) not in (("REST", "create"), ("gRPC", "create")):
                continue
            things[f"{protocol} {operation}"] = lambda _, request=request: run(server, request, bench.load())
        found = interleaved(things, bench.rounds)
    for operation in ("create", "get"):
        for name in found:
            if name.endswith(operation) and not name.startswith("REST"):
                reach = 1.5 if operation == "create" else None
                rows.append(verdict(f"{name}, to REST", reach, ratio(found, name, f"REST {operation}")))
    return {"rows": rows, "figures": found}
