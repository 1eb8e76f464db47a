"""The same operations, with a load generator that has cores of its own.

Where both share their cores, a generator that is the bottleneck is never asleep, so that the floor
wakes nobody with its answers; a server that does more is preempted by the generator that it wakes.
Here half of the cores are for the server, which has a worker for each, and half for the generator.
"""

import contextlib
import os

from .requests import operate, rows_of, servers


def measure(bench):
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        bench.say("  left out: it needs two cores")
        return {"rows": [], "figures": {}}
    half = len(cores) // 2
    with _on(cores[:half]), servers(bench, "apart") as sides, _on(cores[half:]):
        found = operate(bench, *sides)
    return {"rows": rows_of(found, ", generator apart"), "figures": {"operations": found}}


@contextlib.contextmanager
def _on(cores):
    """What is started meanwhile runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
