"""Searching by stock Pyserini, its encoder and ours: python benchmarks/searching.py [--questions N] [--model FOLDER].

``python -m pyserini.search.faiss`` on a flat index, all questions as one file: with stock's own encoder class, with
``--encoder-class xqg``, and with that on an augmented index. Questions per second are on the clock and net of
start-up, which is measured by a run with one question; memory is the most that was ever resident. Runs are compared:
with the same vectors both encoder classes have to find the same passages. Run it on a quiet machine.

The model is a random one of the shape of multilingual-e5-small, unless one is named; the index's vectors are random.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
from pathlib import Path

from cost import Cost, cost_of
from encoding import Lengths, make_inputs

QUESTIONS = Lengths(16, 0.3, 512)
WAYS = {
    "stock": "--index plain --encoder model --encoder-class auto --pooling mean --l2-norm",
    "ours": "--index plain --encoder ours --encoder-class xqg",
    "augmented": "--index augmented --encoder ours --encoder-class xqg",
}
SAME = 0.999


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--passages", type=int, default=100_000, help="of the index")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median is taken")
    parser.add_argument("--model", type=Path, help="folder of a mean-pooling model, instead of the random one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # In a process of its own: the memory of a process that starts another one counts as that one's too.
        given = (folder, arguments.questions, arguments.passages, arguments.model)
        maker = multiprocessing.get_context("spawn").Process(target=make, args=given)
        maker.start()
        maker.join()
        if maker.exitcode:
            sys.exit(maker.exitcode)
        measure(folder, arguments.questions, arguments.passages, arguments.threads, arguments.repeat)


def measure(folder: Path, questions: int, passages: int, threads: int, repeat: int) -> None:
    costs: dict[tuple[str, str], list[Cost]] = {(way, topics): [] for way in WAYS for topics in ("one", "all")}
    for _ in range(repeat):
        for way, topics in costs:
            words = (
                f"-m pyserini.search.faiss {WAYS[way]} --topics {topics}.tsv --output {way}.{topics}.txt --hits 100 "
                f"--batch-size 128 --threads {threads} --device cpu"
            )
            costs[way, topics].append(cost_of(words.split(), folder, threads))
    print(f"{questions} questions, {passages:,} passages, threads: {threads}, runs: {repeat}")
    print(
        f"{'':12}{'questions a second':>20}{'ratio':>8}{'start-up, s':>13}{'ratio':>8}{'peak memory':>13}{'ratio':>8}"
    )
    first: tuple[float, ...] | None = None
    for way in WAYS:
        start = statistics.median(cost.wall for cost in costs[way, "one"])
        whole = statistics.median(cost.wall for cost in costs[way, "all"])
        memory = statistics.median(cost.memory for cost in costs[way, "all"])
        found = ((questions - 1) / (whole - start), start, memory)
        first = first or found
        speed, begin, size = (value / base for value, base in zip(found, first, strict=True))
        print(
            f"{way:12}{found[0]:20.0f}{speed:8.2f}{found[1]:13.1f}{begin:8.2f}{f'{memory / 1e9:.2f} GB':>13}{size:8.2f}"
        )
    same = agreement(folder / "stock.all.txt", folder / "ours.all.txt")
    print(f"hits of both classes that are the same: {100 * same:.2f} %")
    if same < SAME:
        sys.exit("the two encoder classes do not find the same")


def agreement(one: Path, other: Path) -> float:
    """The share of one run's hits that the other has as well."""
    pairs = [{tuple(line.split()[:3:2]) for line in run.read_text().splitlines()} for run in (one, other)]
    return len(pairs[0] & pairs[1]) / len(pairs[0])


def make(folder: Path, questions: int, passages: int, model: Path | None) -> None:
    """The model, our encoder folder over it, topics, and two indexes of random vectors."""
    import json

    import faiss
    import numpy as np

    make_inputs(folder, QUESTIONS, questions, model)
    texts = [json.loads(line)["text"] for line in (folder / "all" / "corpus.jsonl").read_text().splitlines()]
    for name, chosen in (("one", texts[:1]), ("all", texts)):
        (folder / f"{name}.tsv").write_text("".join(f"q{row}\t{text}\n" for row, text in enumerate(chosen)))
    dimension = json.loads((folder / "inputs.json").read_text())["dimension"]
    random = np.random.default_rng(0)
    vectors = random.standard_normal((passages, dimension), dtype=np.float32)
    added = random.standard_normal((passages, dimension), dtype=np.float32)
    for name, rows in (("plain", vectors), ("augmented", 0.7 * vectors + 0.3 * added)):
        (folder / name).mkdir()
        index = faiss.IndexFlatIP(dimension)
        index.add(rows / np.linalg.norm(rows, axis=1, keepdims=True))
        faiss.write_index(index, str(folder / name / "index"))
        (folder / name / "docid").write_text("".join(f"d{row}\n" for row in range(passages)))


if __name__ == "__main__":
    main()
