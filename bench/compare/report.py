"""Medians of the rounds, and the tables in Markdown."""

import statistics

OPERATIONS = {
    "create": "create a session",
    "get": "get a session by its token",
    "delete": "delete a session",
    "create_with_password": "create with password check, default hash",
}


def middle(values):
    """The median of numbers, member by member, without those that are missing."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    first = values[0]
    if isinstance(first, dict):
        return {key: middle([value[key] for value in values]) for key in first}
    if isinstance(first, (int, float)) and not isinstance(first, bool):
        return round(statistics.median(values), 2)
    return first


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
                      *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]) + "\n"


def number(value):
    if value is None:
        return "none"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def mib(count):
    return number(count / 2**20)


def markdown(result):
    names = result["contestants"]
    parts = ["Machine: " + ", ".join(f"{key} {value}" for key, value in result["machine"].items()) + ".\n"]
    parts += ["Versions: " + "; ".join(
        f"{one['title']}: " + ", ".join(f"{key} {value}" for key, value in one["versions"].items())
        for one in names.values()) + ".\n"]
    parts += ["Medians of {rounds} interleaved rounds of {seconds} s, {connections} connections.\n".format(
        **result["settings"])]

    for operation, words in OPERATIONS.items():
        rows = [[one["title"], number(row["per_second"]), number(row["p50_ms"]), number(row["p99_ms"]),
                 number(row["cpu_us_per_request"]), f"{row['rss_mib']:.0f} MiB", f"{row['refused'] + row['errors']:.0f}"]
                for one in names.values() if (row := one["median"]["operations"].get(operation))]
        if not rows:
            continue
        parts += [f"**{words[0].upper()}{words[1:]}**\n", table(
            ["", "requests/s", "p50, ms", "p99, ms", "CPU per request, µs", "memory, highest", "refused or failed"], rows)]

    rows = []
    for one in names.values():
        of = one["median"]
        rows.append([one["title"], f"{of['rss_idle_mib']:.0f} MiB", f"{number(of['disk_bytes_per_session'])} B",
                     f"{of['start_fresh_ms']:.0f} ms",
                     f"{of['start_again_ms']:.0f} ms with {of['sessions']:,.0f} sessions",
                     f"{mib(sum(one['installed'].values()))} MiB ("
                     + ", ".join(f"{key} {mib(value)}" for key, value in one["installed"].items()) + ")"])
    parts += ["**What else it takes**\n", table(
        ["", "memory idle", "disk per session", "first start", "later start", "installed"], rows)]

    rows = []
    for one in names.values():
        kept = [one_round["after_kill"] for one_round in one["rounds"]]
        rows.append([one["title"], number(sum(row["acknowledged"] for row in kept)),
                     number(sum(row["found"] for row in kept)), sum(row["lost"] for row in kept),
                     "yes" if all(row["read_back"] for row in kept) else "NO"])
    parts += ["**After SIGKILL in the end of each round and a new start, all rounds together**\n", table(
        ["", "sessions acknowledged", "found", "lost", "answered as before"], rows)]
    return "\n".join(parts)
