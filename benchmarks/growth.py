"""How `xqg index` grows: python benchmarks/growth.py [--passages 10000 30000 100000 300000 1000000] [--queries 7].

Builds of rising size, each in a process of its own, with the fake encoder of `pipeline.py`: time of the scan, time of
the rest, the most memory (of the process, mapped files left out) and the most disk beside the inputs. Below the table
are the slopes of straight lines through the points, by least squares of the relative errors, and how far the farthest
point is from its line: what is no straight line shows there.

At the end a build of `--limited` passages runs under a limit of its memory, and ends at once when it has more.
Wall time: run it on a quiet machine. With the defaults it takes about 10 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from itertools import islice
from pathlib import Path

import numpy as np
from pipeline import HERE, build, make_inputs

from pyserini_xqg.indexing.memory import process_bytes

INPUTS = ("corpus.jsonl", "queries.jsonl")
GB = 1 << 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=7, help="of each passage, of seven languages")
    parser.add_argument("--limited", type=int, default=300_000, help="passages of the build with a limit")
    parser.add_argument("--limit", type=float, default=2, help="GB")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder unless given")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once is not None:
        print(json.dumps(measured(arguments.once, arguments.limit * GB)))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        most = Path(scratch, "most")
        most.mkdir()
        make_inputs(most, max(*arguments.passages, arguments.limited), arguments.queries)
        found = {size: run(first(most, size), math.inf) for size in sorted(arguments.passages)}
        show(found, arguments.queries)
        folder = first(most, arguments.limited)
        held = run(folder, arguments.limit)
        print(
            f"\n{arguments.limited:,} passages under a limit of {arguments.limit:g} GB: done in "
            f"{held['scan'] + held['seconds']:,.1f} s, at most {held['memory'] / 1e6:,.0f} MB"
        )


def first(most: Path, size: int) -> Path:
    """A folder with the first passages of the inputs and their queries."""
    folder = most.with_name(f"of-{size}")
    if not folder.exists():
        folder.mkdir()
        for name in INPUTS:
            with (most / name).open("rb") as read, (folder / name).open("wb") as written:
                written.writelines(islice(read, size))
    return folder


def run(folder: Path, limit: float) -> dict[str, float]:
    """One build, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--once", str(folder), "--limit", str(limit)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"the build of {folder.name} failed:\n{made.stderr[-3000:]}")
    found: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return found


def measured(folder: Path, limit: float) -> dict[str, float]:
    """Seconds of the scan and of the rest, and the most memory and disk."""
    most = {"memory": 0, "disk": 0}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            most["memory"] = max(most["memory"], process_bytes())
            if most["memory"] > limit:
                print(f"{most['memory'] / 1e6:,.0f} MB are more than the limit", file=sys.stderr, flush=True)
                os._exit(1)
            most["disk"] = max(most["disk"], disk_of(folder) - sum((folder / name).stat().st_size for name in INPUTS))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        found = build(folder)
    finally:
        done.set()
        watching.join()
    return {**found, **most}


def disk_of(folder: Path) -> int:
    """The sizes of all files, as far as they stay while they are looked at."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def show(found: dict[int, dict[str, float]], queries: int) -> None:
    columns = {
        "scan": ("scan, s", 1.0),
        "seconds": ("rest, s", 1.0),
        "memory": ("memory, MB", 1e6),
        "disk": ("disk, MB", 1e6),
    }
    print(f"{queries} queries a passage; processors: {len(os.sched_getaffinity(0))}")
    print(f"{'passages':>24}" + "".join(f"{label:>14}" for label, _ in columns.values()))
    for size, values in found.items():
        print(f"{size:>24,}" + "".join(f"{values[name] / unit:>14,.1f}" for name, (_, unit) in columns.items()))
    if len(found) < 2:
        return
    sizes = np.array([*found], dtype=float)
    slopes, errors = [], []
    for name, (_, unit) in columns.items():
        values = np.array([each[name] for each in found.values()]) / unit
        # Relative errors: a point of ten thousand counts as much as one of a million.
        slope, constant = np.polyfit(sizes, values, 1, w=1 / np.maximum(values, 1e-9))
        slopes.append(slope * 100_000)
        errors.append(float(np.abs((slope * sizes + constant) / np.maximum(values, 1e-9) - 1).max()))
    print(f"{'for 100,000 more':>24}" + "".join(f"{slope:>14,.2f}" for slope in slopes))
    print(f"{'farthest from the line':>24}" + "".join(f"{error:>14.1%}" for error in errors))


if __name__ == "__main__":
    main()
