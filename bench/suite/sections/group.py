"""What it brings that commits share a transaction."""

import contextlib

from .. import operations
from ..api import Api
from ..load import measure as run
from ..processes import running
from ..rounds import interleaved, ratio, verdict

ALONE = {"BARTIZAN_STORAGE__BATCH": "1"}


def measure(bench):
    with contextlib.ExitStack() as stack:
        things = {}
        for name, environment in (("together", {}), ("alone", ALONE)):
            data_dir = bench.place(name)
            server = stack.enter_context(running(bench.binaries.server, data_dir, environment))
            api = Api(server.url, data_dir)
            create = operations.create(api, api.user(), f"create, {name}")
            things[name] = lambda _, server=server, create=create: run(server, create, bench.load())
        found = interleaved(things, bench.rounds)
    note = "the slower the disk syncs, the larger"
    return {"rows": [verdict("creates per second, 64 connections, to one transaction for each", 5,
                             ratio(found, "together", "alone", "per_second"), least=True, note=note)],
            "figures": found}
