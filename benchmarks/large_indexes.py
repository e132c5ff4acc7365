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
normal ones would have no lists to find. Questions are 300 other vectors of the same kind. Memory, recall and bytes are
those of any machine; times want a quiet one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FORMS = (
    *("Flat=1G", "SQ8=2G", "PQ48=1G", "HNSW32=3G", "IVF1024,Flat=1500M", "IVF1024,SQ8=1500M", "IVF1024,PQ48=1500M"),
    *("auto=3G", "auto=1G"),
)
QUESTIONS, DEPTH, BLOCK = 300, 100, 50_000
CENTRES, COMMON, NEAR, FALL = 20_000, 1.4, 0.55, 0.42


def made_rows(random: np.random.Generator, space: dict[str, Any], count: int) -> Any:
    """Vectors of unit length around centres, of which some are far more popular than others.

    A vector is what all have in common (encoders' vectors lie in a narrow cone), its centre, and noise. Centres and
    noise have singular values that fall with the rank r as r ** -0.42, in directions drawn at random.
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


def anonymous() -> int:
    """Bytes of this process that are no file."""
    found = re.search(r"RssAnon:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return 1024 * int(found[1])


def watched(work: Callable[[], Any]) -> tuple[Any, int]:
    """What some work gives, and the most anonymous memory of the process meanwhile."""
    most, over = [anonymous()], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            most[0] = max(most[0], anonymous())

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
    before, start = anonymous(), time.monotonic()

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
    """Search it as stock Pyserini does."""
    from pyserini.encode import QueryEncoder
    from pyserini.search.faiss import FaissSearcher

    questions = np.load(folder.parent / "questions.npy")
    ids = [str(number) for number in range(len(questions))]
    docids = FaissSearcher.load_docids(str(folder / "docid"))  # noqa: F841 - they are no part of the index
    before = anonymous()
    searcher = FaissSearcher(str(folder), QueryEncoder())
    start = time.monotonic()
    found = searcher.batch_search(questions, ids, k=DEPTH, threads=1)
    seconds = time.monotonic() - start
    took = anonymous() - before
    rows = [[int(hit.docid) for hit in found[number]] for number in ids]
    best = np.load(folder.parent / "best.npy")
    recall = np.mean([len({*one} & {*other}) / DEPTH for one, other in zip(rows, best.tolist(), strict=True)])
    return {"anonymous": took, "milliseconds": 1000 * seconds / len(ids), "recall": recall, "rows": rows}


def apart(*arguments: object, **variables: str) -> dict[str, Any]:
    """A step in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env={**os.environ, **variables})
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="*", default=FORMS, metavar="FORM=LIMIT", help=" ".join(FORMS))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--folder", type=Path, help="for the vectors and the indexes, which stay there")
    parser.add_argument("--step", choices=["vectors", "build", "search"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step == "build":
        print(json.dumps(build(given.folder, *given.forms)))
    elif given.step == "search":
        print(json.dumps(search(given.folder)))
    elif given.step == "vectors":
        make_vectors(given.folder, given.rows, given.dimension)
        print("{}")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            compare(given.folder or Path(scratch), given.forms, given.rows, given.dimension)


def compare(folder: Path, forms: list[str], rows: int, dimension: int) -> None:
    """All forms, one after the other; a line of a table each."""
    if not (folder / "best.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        apart("--step", "vectors", "--folder", folder, "--rows", rows, "--dimension", dimension)
    print(f"{rows:,} x {dimension}, {len(os.sched_getaffinity(0))} processors. Memory and files in GB (10^9 bytes)\n")
    print("| form | limit | most memory | before | time, min | on disk | recall@100 | searched: mapped | read | ms |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for form in forms:
        factory, limit = form.split("=")
        place = folder / form
        place.mkdir()
        made = apart("--step", "build", "--folder", place, "--", factory, limit)
        mapped = apart("--step", "search", "--folder", place)
        read = apart("--step", "search", "--folder", place, PYSERINI_XQG_MMAP="0")
        if mapped["rows"] != read["rows"]:
            sys.exit(f"{form}: an index that is mapped finds other rows than one that is read")
        name = factory if factory != "auto" else f"auto: {made['factory']}"
        if made.get("nprobe"):
            name += f", nprobe {made['nprobe']}"
        memory = [f"{value / 1e9:.2f}" for value in (made["most"], made["before"])]
        searched = [f"{value['anonymous'] / 1e9:.2f}" for value in (mapped, read)]
        cells = [name, limit, *memory, f"{made['seconds'] / 60:.1f}", f"{made['bytes'] / 1e9:.2f}"]
        print("|", " | ".join([*cells, f"{mapped['recall']:.3f}", *searched, f"{mapped['milliseconds']:.1f}"]), "|")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
