"""Forms of an index within a limit of memory: python benchmarks/large_indexes.py [--rows 1000000] [FORM=LIMIT ...].

Each form is made of the same vectors as ``xqg index --factory FORM --max-memory LIMIT`` makes it once passages are
encoded, in a process of its own, and then searched by stock Pyserini's ``FaissSearcher``, with the plugin and with what
it does switched off. Printed are

* the most memory that making it took, beside the limit: anonymous memory (RssAnon), looked at every 2 ms, of the whole
  process; files that are mapped do not count, as the kernel takes them back when it needs to;
* the time to make it, the bytes on disk, and recall@100: the share of a flat index's 100 best that are found;
* the memory that Pyserini takes for the index once it was searched, mapped and read, and the time of a question.
  Whether both found the same is checked, and the script ends with an error if not.

Vectors are random, with a spectrum and neighbourhoods like those of an encoder (see :func:`made_rows`): independent
normal ones would have no lists to find. Held against 2,000 passages of Natural Questions by multilingual-e5-small
(4-bit weights), as many of them have: a mean of length 0.864 (0.863), the first singular value around it 3.8 times the
hundredth (3.8), cosines of 0.746 with a deviation of 0.027 (0.745, 0.025), of the nearest 0.854 (0.848) and the tenth
nearest 0.807 (0.814). Questions are 300 other vectors of the same kind. Memory, recall and bytes are those of any
machine; times want a quiet one.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.indexing.memory import process_bytes

FORMS = (
    *("Flat=1G", "SQ8=2G", "PQ48=1G", "HNSW32=3G", "IVF1024,Flat=1500M", "IVF1024,SQ8=1500M", "IVF1024,PQ48=1500M"),
    *("auto=3G", "auto=1G"),
)
QUESTIONS, DEPTH, BLOCK = 300, 100, 50_000
CENTRES, COMMON, NEAR, FALL = 20_000, 1.95, 0.55, 0.3


def made_rows(random: np.random.Generator, space: dict[str, Any], count: int) -> Any:
    """Vectors of unit length around centres, of which some are far more popular than others.

    A vector is what all have in common (encoders' vectors lie in a narrow cone), its centre, and noise. Centres and
    noise have singular values that fall with the rank r as r ** -0.3, in directions drawn at random.
    """
    centres = random.choice(CENTRES, size=count, p=space["popularity"])
    noise = random.standard_normal((count, len(space["falling"])), dtype=np.float32) * space["falling"]
    rows = space["common"] + space["centres"][centres] + NEAR * noise @ space["turn"]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def made_space(dimension: int) -> dict[str, Any]:
    """What vectors are drawn from."""
    random = np.random.default_rng(1)
    turn = np.linalg.qr(random.standard_normal((dimension, dimension)))[0].astype(np.float32)
    falling = np.arange(1, dimension + 1, dtype=np.float32) ** -FALL
    falling *= np.sqrt(1 / (falling**2).sum())
    popularity = 1 / np.arange(1, CENTRES + 1) ** 0.7
    common = random.standard_normal(dimension)
    return {
        "turn": turn,
        "falling": falling,
        "popularity": popularity / popularity.sum(),
        "common": (COMMON * common / np.linalg.norm(common)).astype(np.float32),
        "centres": random.standard_normal((CENTRES, dimension), dtype=np.float32) * falling @ turn,
    }


def make_vectors(folder: Path, rows: int, dimension: int) -> None:
    """The file of a flat index, the questions, and the rows that it finds for them."""
    from pyserini_xqg.indexing.flat_file import RowFile, flat_header, read_flat

    space, random = made_space(dimension), np.random.default_rng(2)
    file = RowFile(folder / "vectors.flat", flat_header(dimension, rows), 4 * dimension)
    for start in range(0, rows, BLOCK):
        file.write(start, made_rows(random, space, min(BLOCK, rows - start)))
    questions = made_rows(random, space, QUESTIONS)
    np.save(folder / "questions.npy", questions)
    (folder / "docid").write_text("".join(f"{row}\n" for row in range(rows)), encoding="utf-8")

    from faiss import METRIC_INNER_PRODUCT
    from faiss.contrib.exhaustive_search import knn_ground_truth

    vectors = read_flat(folder / "vectors.flat")
    blocks = (np.ascontiguousarray(vectors[start : start + BLOCK]) for start in range(0, rows, BLOCK))
    np.save(folder / "best.npy", knn_ground_truth(questions, blocks, DEPTH, METRIC_INNER_PRODUCT, ngpu=0)[1])


def watched(work: Callable[[], Any]) -> tuple[Any, int]:
    """What some work gives, and the most anonymous memory of the process meanwhile."""
    most, over = [process_bytes()], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            most[0] = max(most[0], process_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        return work(), most[0]
    finally:
        over.set()
        thread.join()


def build(folder: Path, factory: str, limit: str) -> dict[str, Any]:
    """Make the index in a folder of its own."""
    from pyserini_xqg.indexing.flat_file import read_flat
    from pyserini_xqg.indexing.form import IndexForm
    from pyserini_xqg.indexing.on_disk import forget_parts
    from pyserini_xqg.indexing.settings import IndexSettings

    os.link(folder.parent / "vectors.flat", folder / "vectors.flat")
    rows, dimension = read_flat(folder / "vectors.flat").shape
    before, start = process_bytes(), time.monotonic()

    def make() -> Any:
        form = IndexForm(IndexSettings(factory, max_memory=limit), dimension, rows)
        form.settle()
        return form.fill(folder / "vectors.flat")

    found, most = watched(make)
    seconds = time.monotonic() - start
    forget_parts(folder)
    if (folder / "index").exists():
        (folder / "vectors.flat").unlink()
    else:
        (folder / "vectors.flat").rename(folder / "index")
    (folder / "docid").symlink_to(folder.parent / "docid")
    size = sum((folder / name).stat().st_size for name in ("index", "ivfdata") if (folder / name).exists())
    return {"before": before, "most": most, "seconds": seconds, "bytes": size, **found.get("auto", {})}


def search(folder: Path) -> dict[str, Any]:
    """Search an index as stock Pyserini does."""
    from pyserini.encode import QueryEncoder
    from pyserini.search.faiss import FaissSearcher

    questions = np.load(folder.parent / "questions.npy")
    ids = [str(number) for number in range(len(questions))]
    gc.collect()
    before = process_bytes()
    searcher = FaissSearcher(str(folder), QueryEncoder())
    # Pyserini's list of ids is no part of the index.
    ids_took = sum(map(sys.getsizeof, searcher.docids)) + sys.getsizeof(searcher.docids)
    start = time.monotonic()
    found = searcher.batch_search(questions, ids, k=DEPTH, threads=1)
    seconds = time.monotonic() - start
    took = process_bytes() - before - ids_took
    rows = [[int(hit.docid) for hit in found[number]] for number in ids]
    best = np.load(folder.parent / "best.npy")
    recall = np.mean([len({*one} & {*other}) / DEPTH for one, other in zip(rows, best.tolist(), strict=True)])
    return {"anonymous": max(0, took), "milliseconds": 1000 * seconds / len(ids), "recall": recall, "rows": rows}


def search_all(folder: Path, forms: list[str]) -> dict[str, Any]:
    """Each index mapped, and then read into memory."""
    told = {}
    for form in forms:
        os.environ["PYSERINI_XQG_MMAP"] = "1"
        mapped = search(folder / form)
        os.environ["PYSERINI_XQG_MMAP"] = "0"
        read = search(folder / form)
        if mapped.pop("rows") != read.pop("rows"):
            sys.exit(f"{form}: an index that is mapped finds other rows than one that is read")
        told[form] = {**mapped, "read": read["anonymous"]}
    return told


def apart(*arguments: object) -> dict[str, Any]:
    """A step in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="*", default=FORMS, metavar="FORM=LIMIT", help=" ".join(FORMS))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--folder", type=Path, help="for vectors and indexes, which stay there; what is there is taken")
    parser.add_argument("--step", choices=["vectors", "build", "search"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step == "build":
        print(json.dumps(build(given.folder, *given.forms)))
    elif given.step == "search":
        print(json.dumps(search_all(given.folder, given.forms)))
    elif given.step == "vectors":
        make_vectors(given.folder, given.rows, given.dimension)
        print("{}")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            compare(given.folder or Path(scratch), given.forms, given.rows, given.dimension)


def compare(folder: Path, forms: Sequence[str], rows: int, dimension: int) -> None:
    """All forms, one after the other; a line of a table each."""
    if not (folder / "best.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        apart("--step", "vectors", "--folder", folder, "--rows", rows, "--dimension", dimension)
    made: dict[str, dict[str, Any]] = {}
    for form in forms:
        place = folder / form
        if not (place / "made.json").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            made[form] = apart("--step", "build", "--folder", place, "--", *form.split("="))
            (place / "made.json").write_text(json.dumps(made[form]), encoding="utf-8")
        made[form] = json.loads((place / "made.json").read_text(encoding="utf-8"))
        print(form, made[form], file=sys.stderr, flush=True)
    searched = apart("--step", "search", "--folder", folder, "--", *forms)
    print(f"{rows:,} x {dimension}, {len(os.sched_getaffinity(0))} processors. Memory and files in GB (10^9 bytes)\n")
    print("| form | limit | most memory | at the start | time, min | on disk | recall@100 | mapped | read | ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for form in forms:
        (name, limit), one, other = form.split("="), made[form], searched[form]
        name = f"auto: {one['factory']}" if name == "auto" else name
        name += f", nprobe {one['nprobe']}" if one.get("nprobe") else ""
        sizes = [one["most"], one["before"], one["bytes"], other["anonymous"], other["read"]]
        most, before, size, mapped, read = (f"{value / 1e9:.2f}" for value in sizes)
        times = f"{one['seconds'] / 60:.1f}", f"{other['milliseconds']:.1f}"
        print(
            "|", " | ".join([name, limit, most, before, times[0], size, f"{other['recall']:.3f}", mapped, read]), end=""
        )
        print(f" | {times[1]} |")


if __name__ == "__main__":
    main()
