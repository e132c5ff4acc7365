"""Sums of query vectors beside what memory can carry: python benchmarks/sums.py [--passages N] [--queries 35].

A part's query vectors are added to the sums of their passages by `add_rows`, batch after batch, as an index is built.
Beside it stands what the same processors carry when they add one array to another that is as large, which is as fast
as sums can be: bytes read and written, per second. numpy's ``add.at`` is the plain way to write it. All three take
turns, and medians count; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from pyserini_xqg.encoding.device import add_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=4096, help="of a part")
    parser.add_argument("--queries", type=int, default=35, help="of each passage")
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--batch", type=int, default=512, help="queries encoded at a time")
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    count, dimension = arguments.passages * arguments.queries, arguments.dimension
    random = np.random.default_rng(0)
    vectors = random.standard_normal((count, dimension), dtype=np.float32)
    # In batches texts come by their lengths: neighbours belong to different passages.
    places = random.permutation(np.repeat(np.arange(arguments.passages), arguments.queries))
    sums, other = np.zeros((arguments.passages, dimension), np.float32), np.zeros_like(vectors)
    starts = range(0, count, arguments.batch)

    def ours() -> None:
        sums[:] = 0
        total = torch.from_numpy(sums)
        for start in starts:
            chosen = slice(start, start + arguments.batch)
            add_rows(total, torch.from_numpy(places[chosen]), torch.from_numpy(vectors[chosen]))

    def plain() -> None:
        sums[:] = 0
        for start in starts:
            np.add.at(sums, places[start : start + arguments.batch], vectors[start : start + arguments.batch])

    def limit() -> None:
        torch.from_numpy(other).add_(torch.from_numpy(vectors))

    ways: dict[str, Callable[[], None]] = {"add_rows": ours, "numpy add.at": plain, "one array to another": limit}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.repeat):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - begun)
    # Each vector is read, and a sum of its size is read and written.
    rates = {name: 3 * vectors.nbytes / statistics.median(found) / 1e9 for name, found in seconds.items()}
    print(
        f"{count:,} vectors of {dimension} dimensions, sums of {arguments.passages}; threads: {torch.get_num_threads()}"
    )
    for name, rate in rates.items():
        print(f"{name:24}{rate:8.1f} GB/s{rate / rates['one array to another']:8.2f}")


if __name__ == "__main__":
    main()
