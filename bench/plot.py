#!/usr/bin/env python3
"""Draws the figures of bench/run.py as SVG into docs/performance/.

    python3 -m venv target/plot
    target/plot/bin/pip install matplotlib==3.11.2
    target/plot/bin/python bench/plot.py figures.json

The same figures make the same bytes.
"""

import argparse
import json
import pathlib
import statistics

import matplotlib

matplotlib.use("svg")
# Without a salt the ids in the file are random.
matplotlib.rcParams.update({
    "svg.hashsalt": "bartizan", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
    "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "white",
})

from matplotlib import pyplot  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "docs" / "performance"
WIDTH, HEIGHT = 8, 3.6
# Told apart without colours too.
MARKERS = dict(zip(("create", "get", "delete", "list"), "osv^"))


def save(figure, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    # Without the date of drawing.
    figure.savefig(FOLDER / name, metadata={"Date": None})
    print(FOLDER / name)


def number(value, _=None):
    for unit, name in ((10**6, " M"), (10**3, " k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def size(steps):
    """Cost of each operation against the events in the file; what it is of an empty file."""
    events = [step["filled"]["events"] for step in steps]
    figure, (cost, to_empty) = pyplot.subplots(1, 2, figsize=(WIDTH, HEIGHT))
    for name, marker in MARKERS.items():
        cost.plot(events, [step["cost_us"][name] for step in steps], marker=marker, label=name)
        to_empty.plot(events, [step["to_empty"][name] for step in steps], marker=marker, label=name)
    cost.set_ylabel("CPU of the server per request, µs")
    to_empty.set_ylabel("times the cost with an empty file")
    for axes in (cost, to_empty):
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("events in the file")
        axes.xaxis.set_major_formatter(number)
    to_empty.legend(loc="lower right")
    save(figure, "size.svg")


def connections(figures):
    """Throughput and cost of create and get against the number of connections."""
    figure, (rate, cost) = pyplot.subplots(1, 2, figsize=(WIDTH, HEIGHT))
    for name in ("create", "get"):
        rows = [found for key, found in figures.items() if key.startswith(name + " ")]
        counts = [found[0]["connections"] for found in rows]
        for axes, key in ((rate, "per_second"), (cost, "cpu_us_per_request")):
            middle = [statistics.median(row[key] for row in found) for found in rows]
            axes.plot(counts, middle, marker=MARKERS[name], label=name)
    rate.set_ylabel("requests per second")
    rate.yaxis.set_major_formatter(number)
    cost.set_ylabel("CPU of the server per request, µs")
    for axes in (rate, cost):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(number)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("connections")
    rate.legend()
    save(figure, "connections.svg")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("figures", type=pathlib.Path, help="what bench/run.py wrote with --json")
    sections = json.loads(options.parse_args().figures.read_text())["sections"]
    for name, draw in (("size", size), ("connections", connections)):
        if name in sections:
            draw(sections[name]["figures"])


if __name__ == "__main__":
    main()
