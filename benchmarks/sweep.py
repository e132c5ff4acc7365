"""What a sweep costs beside one evaluation of one index: python benchmarks/sweep.py.

Random vectors, the hardest case: passages and queries have nothing to do with each other, so few passages can be passed
over early. Measured twice: without encoding, in one process, where one evaluation is the search of a flat faiss index
and one measure; and as a user has it, where one evaluation is stock ``pyserini.search.faiss`` and ``xqg evaluate`` on
one index, and both encode the questions (made-up words, multilingual-e5-small with 4-bit weights).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import faiss
import ir_measures
import numpy as np

from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import describe_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.evaluation.sweep.grid import ALPHAS, Grid
from pyserini_xqg.evaluation.sweep.search import SweepSearch
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose
from pyserini_xqg.evaluation.sweep.values import Judgements, Valuer
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.storage.manifest import Manifest

LANGUAGE, MEASURE = "fi", "RR@10"
FIRST = (1, 2, 3, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3, help="the best time counts")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    asked = rng.standard_normal((arguments.questions, arguments.dimension), dtype=np.float32)
    qrels = {f"q{number}": {f"d{row}": 1} for number, row in enumerate(rng.integers(0, arguments.passages, len(asked)))}
    with tempfile.TemporaryDirectory() as folder:
        index = write_index(Path(folder), rng, arguments.passages, arguments.dimension)
        kept = KeptVectors(index)
        grid = Grid(ALPHAS["mean"], [0], kept.numbers, ["all"], kept.languages)
        flat = faiss.IndexFlatIP(arguments.dimension)
        flat.add(kept.passages(0, kept.rows))
        one, many = [], []
        for _ in range(arguments.repeat):
            start = clocks()
            single = evaluate(flat, asked, qrels, arguments.depth)
            one.append(clocks() - start)
            start = clocks()
            values = sweep(kept, grid, asked, qrels, index, arguments.depth)
            best = grid.points[choose(values, MEASURE)]
            many.append(clocks() - start)
        assert abs(single - values.macro(MEASURE)[0]) < 1e-9, "the plain index has the same value both ways"
        print(f"{len(ALPHAS['mean'])} alphas x {len(kept.numbers)} numbers of queries; best point: {best}")
        show("in one process, nothing encoded", np.min(one, axis=0), np.min(many, axis=0))
        show("commands", *commands(index, flat, qrels, arguments.repeat))


def show(what: str, single: np.ndarray, whole: np.ndarray) -> None:
    print(what)
    for name, of_one, of_all in zip(("elapsed", "CPU"), single, whole, strict=True):
        print(f"  {name:8} one evaluation {of_one:6.2f} s, sweep {of_all:6.2f} s: {of_all / of_one:.1f} times")


def commands(
    index: Path, flat: faiss.Index, qrels: dict[str, dict[str, int]], repeat: int
) -> tuple[np.ndarray, np.ndarray]:
    """Elapsed and CPU time of the commands of one evaluation, and of a sweep."""
    manifest = Manifest.read(index)
    encoder = TextEncoder(EncoderSettings(str(multilingual_e5_small()))).settings
    manifest.settings["encoder"] = describe_encoder(encoder, index)
    manifest.write(index)
    faiss.write_index(flat, str(index / "index"))
    topics, judged, run = index / "topics.tsv", index / "qrels.txt", index / "run.txt"
    words = ("where", "when", "who", "which", "river", "city", "king", "treaty", "bridge", "song", "first", "named")
    questions = (
        " ".join(words[(number * step + 3) % len(words)] for step in range(1, 9)) for number in range(len(qrels))
    )
    topics.write_text("".join(f"q{number}\t{question}\n" for number, question in enumerate(questions)))
    judged.write_text("".join(f"{question} 0 {passage} 1\n" for question, of in qrels.items() for passage in of))
    search = ["-m", "pyserini.search.faiss", "--index", index, "--encoder-class", "xqg", "--encoder", index]
    search += ["--topics", topics, "--output", run, "--hits", "100", "--batch-size", "64", "--threads", "2"]
    score = ["-m", "pyserini_xqg", "evaluate", "--run", f"plain={run}", "--qrels", judged, "--measure", MEASURE]
    sweep = ["-m", "pyserini_xqg", "sweep", "--index", index, "--topics", f"{LANGUAGE}={topics}", "--qrels", judged]
    sweep += ["--aggregate", "mean", "--measure", MEASURE, "--depth", "100"]
    one, many = [], []
    for _ in range(repeat):
        one.append(timed([search, score]))
        many.append(timed([sweep]))
    return np.min(one, axis=0), np.min(many, axis=0)


def timed(runs: Sequence[Sequence[object]]) -> np.ndarray:
    """Elapsed and CPU time of commands, one after the other."""

    def clock() -> np.ndarray:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return np.array([time.perf_counter(), used.ru_utime + used.ru_stime])

    start = clock()
    for arguments in runs:
        subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True)
    return clock() - start


def clocks() -> np.ndarray:
    """Elapsed and CPU time; on a busy machine only the second means anything."""
    return np.array([time.perf_counter(), time.process_time()])


def evaluate(index: faiss.Index, asked: np.ndarray, qrels: dict[str, dict[str, int]], depth: int) -> float:
    """The mean of the measure."""
    scores, rows = index.search(asked, depth)
    run = {
        f"q{number}": {f"d{row}": score for row, score in zip(of_rows, of_scores, strict=True)}
        for number, (of_rows, of_scores) in enumerate(zip(rows.tolist(), scores.tolist(), strict=True))
    }
    measure = ir_measures.parse_measure(MEASURE)
    return float(ir_measures.calc_aggregate([measure], qrels, run)[measure])


def sweep(
    kept: KeptVectors, grid: Grid, asked: np.ndarray, qrels: dict[str, dict[str, int]], index: Path, depth: int
) -> GridValues:
    """The measure of all points."""
    questions = [f"q{number}" for number in range(len(asked))]
    valuer = Valuer([ir_measures.parse_measure(MEASURE)], Judgements(qrels), index / "docid")
    found = np.empty((len(grid.points), len(asked)))
    for _, best in SweepSearch(kept, grid, "mean", depth).search({LANGUAGE: asked}):
        found[:, best.questions] = valuer.values(questions[best.questions], best.rows)[MEASURE]
    return GridValues(grid.points, {LANGUAGE: questions}, {MEASURE: {LANGUAGE: found}})


def write_index(folder: Path, rng: np.random.Generator, rows: int, dimension: int) -> Path:
    """Kept vectors of six random queries a passage."""
    (folder / "vectors").mkdir()
    (folder / "docid").write_text("".join(f"d{row}\n" for row in range(rows)))
    np.save(folder / "vectors" / "passages.npy", rng.standard_normal((rows, dimension), dtype=np.float32))
    np.save(folder / "vectors" / f"counts.{LANGUAGE}.npy", np.full(rows, 6))
    sums = np.zeros((rows, dimension), dtype=np.float32)
    for number in range(1, 7):
        sums += rng.standard_normal((rows, dimension), dtype=np.float32)
        if number in FIRST:
            np.save(folder / "vectors" / f"queries.{LANGUAGE}.first-{number}.npy", sums)
    np.save(folder / "vectors" / f"queries.{LANGUAGE}.npy", sums)
    settings = {"keep_vectors": True, "keep_first": list(FIRST), "augmentation": {}}
    Manifest("index", settings, counts={"queries": {LANGUAGE: 6 * rows}}).write(folder)
    return folder


if __name__ == "__main__":
    main()
