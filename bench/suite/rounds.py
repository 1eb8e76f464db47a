"""Measuring in rounds, so that what else the machine does hits everything alike."""

import statistics

COST = "cpu_us_per_request"


def interleaved(things, rounds):
    """Runs everything in turn, every second round backwards; the rows of each by name.

    `things` are functions of the round's number.
    """
    found = {name: [] for name in things}
    for number in range(rounds):
        names = list(things) if number % 2 == 0 else list(reversed(things))
        for name in names:
            found[name].append(things[name](number))
    return found


def middle(rows, key=COST):
    return statistics.median(row[key] for row in rows)


def ratio(found, one, other, key=COST):
    """The median of what one is of the other, round by round."""
    pairs = zip(found[one], found[other])
    return statistics.median(row[key] / max(base[key], 1e-9) for row, base in pairs)


def verdict(what, reach, measured, unit="times", least=False, note=""):
    """A row of the table that people read; without a reach nothing is to be held."""
    row = {"what": what, "reach": None, "measured": f"{measured:.4g} {unit}", "held": None,
           "value": round(measured, 4), "limit": reach}
    if reach is not None:
        row["reach"] = f"at {'least' if least else 'most'} {reach:g} {unit}"
        row["held"] = measured >= reach if least else measured <= reach
    return {**row, "note": note} if note else row
