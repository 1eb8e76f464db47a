#!/usr/bin/env python3
"""Measures all that the project promises of its speed, and says what is held.

    python3 bench/run.py --json figures.json

Builds the server and what it is compared with, starts all of it on free ports of the loopback
interface with data directories of its own, and prints a table. CPU time of the server per request is
the figure to trust: rates depend on what else the machine does. Everything is measured in rounds in
turn with what it is compared with, and ratios are medians over the rounds; all figures of all rounds
go to the JSON file. Needs cargo, and Debian's packages `wrk` and `nghttp2-client`.

A full run takes some twenty minutes and some 4 GB of disk. --quick tells in about a minute whether
all of it still runs; its figures say nothing.
"""

import argparse
import datetime
import json
import pathlib
import resource
import sys
import tempfile
import time

from suite import machine, table
from suite.bench import Bench
from suite.processes import Binaries, running
from suite.sections import SECTIONS


def arguments():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", help=f"sections, separated by commas: {', '.join(SECTIONS)}")
    options.add_argument("--json", type=pathlib.Path, help="write all figures there")
    options.add_argument("--dir", type=pathlib.Path, default=machine.ROOT / "target",
                         help="where the databases go: on the disk of interest")
    options.add_argument("--quick", action="store_true", help="small and short, to see that it runs")
    options.add_argument("--seconds", type=int, default=2, help="of each measurement")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--events", type=int, default=10_000_000, help="in the largest file")
    options.add_argument("--sessions", type=int, default=1_000_000, help="in the file for memory and start")
    options.add_argument("--profile", default="release", help="of cargo")
    options.add_argument("--no-build", action="store_true", help="take the programs that are there")
    given = options.parse_args()
    if given.quick:
        given.seconds, given.rounds, given.events, given.sessions = 1, 1, 8_000, 2_000
    unknown = set(given.only.split(",") if given.only else ()) - set(SECTIONS)
    if unknown:
        options.error(f"no such section: {', '.join(sorted(unknown))}")
    return given


def sqlite_version(bench):
    data_dir = bench.place("version")
    with running(bench.binaries.server, data_dir):
        pass
    return machine.sqlite_version(data_dir / "bartizan.db")


def main():
    given = arguments()
    machine.require("wrk", "h2load")
    # For 1,024 connections at both ends.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    binaries = Binaries(given.profile)
    if not given.no_build:
        binaries.build()
    wanted = given.only.split(",") if given.only else SECTIONS
    given.dir.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=given.dir) as directory:
        bench = Bench(binaries, pathlib.Path(directory), given.seconds, given.rounds, given.quick,
                      given.events, given.sessions)
        report = {
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": {**machine.facts(directory), "sqlite": sqlite_version(bench)},
            "settings": {name: getattr(given, name)
                         for name in ("quick", "seconds", "rounds", "events", "sessions", "profile")},
            "sections": {},
        }
        for name in wanted:
            bench.say(f"measuring: {name}")
            report["sections"][name] = SECTIONS[name](bench)
    report["minutes"] = round((time.monotonic() - begun) / 60, 1)
    rows = [row for section in report["sections"].values() for row in section["rows"]]
    if rows:
        table.show([{name: row[name] for name in ("what", "reach", "measured", "held")} for row in rows])
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n")
    bench.say(f"{report['minutes']} minutes" + (f"; all figures: {given.json}" if given.json else ""))


if __name__ == "__main__":
    sys.exit(main())
