"""What runs where: facts about the machine, and what the system says of a process."""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Programs and the Debian packages that have them.
PROGRAMS = {"wrk": "wrk", "h2load": "nghttp2-client"}


def require(*programs):
    missing = sorted(PROGRAMS[program] for program in programs if not shutil.which(program))
    if missing:
        sys.exit(f"programs are missing; hint: apt-get install {' '.join(missing)}")


def cpu_seconds(pid):
    """User and system time of all threads of a process, those that have ended too."""
    # The kernel's number for the CPU clock of another process (clock_getcpuclockid(3)).
    return time.clock_gettime(~pid << 3 | 2)


def _status(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def resident_kib(pid):
    return _status(pid, "VmRSS")


def peak_kib(pid):
    return _status(pid, "VmHWM")


def _first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _filesystem(directory):
    """Type of the file system that a directory is on."""
    best, kind = "", "unknown"
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        mount, found = line.split()[1:3]
        if os.path.commonpath([mount, directory]) == mount and len(mount) >= len(best):
            best, kind = mount, found
    return kind


def sqlite_version(database):
    """The SQLite that wrote a file last: it leaves its version in the header (offset 96)."""
    with open(database, "rb") as file:
        number = int.from_bytes(file.read(100)[96:100], "big")
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"


def facts(directory):
    changed = _first_line(["git", "status", "--porcelain", "--untracked-files=no"])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "commit": _first_line(["git", "rev-parse", "--short=12", "HEAD"]),
        "changed_since": bool(changed),
        "kernel": platform.release(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_mib": memory // 2**20,
        "filesystem": _filesystem(str(pathlib.Path(directory).resolve())),
        "load_before": round(os.getloadavg()[0], 2),
    }
