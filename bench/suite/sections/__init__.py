"""The parts of the benchmark: each takes a `Bench` and returns rows of the table and all figures."""

from . import apart, connections, group, memory, protocols, requests, size

SECTIONS = {
    "requests": requests.measure,
    "apart": apart.measure,
    "group": group.measure,
    "protocols": protocols.measure,
    "connections": connections.measure,
    "memory": memory.measure,
    "size": size.measure,
}
