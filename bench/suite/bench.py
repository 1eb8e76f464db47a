"""What every section is given: programs, a place for files, and how much to measure."""

import dataclasses
import pathlib
import sys

from .load import Load
from .processes import Binaries


@dataclasses.dataclass
class Bench:
    """One run of the benchmark."""

    binaries: Binaries
    directory: pathlib.Path
    seconds: int
    rounds: int
    quick: bool
    # Of the largest file.
    events: int
    # With which memory and start are measured.
    sessions: int
    files: int = 0

    def place(self, name):
        """A path that nobody has used."""
        self.files += 1
        return self.directory / f"{self.files}-{name}"

    def lines(self, name, lines):
        """A file of lines."""
        path = self.place(name)
        path.write_text("\n".join(lines) + "\n")
        return path

    def load(self, connections=64, seconds=None):
        return Load(connections, seconds or self.seconds)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)
