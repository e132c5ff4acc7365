"""The whole augmentation the original way and ours, side by side: python benchmarks/original_pipeline.py.

The original way, from the facts that are published of it: the passages are encoded, padded to 128 tokens; then, for
each language and each number of a query, that query of every passage, padded to 32, into a pickled file of vectors;
then all files are read and added up, and a flat index is made of the sums. Ours is `xqg index`. Both in processes of
their own, in turn, with the same model, prefixes, pooling and weight; the two indexes are compared at the end, and if
they are farther apart than 1e-4 the script fails.

Two encoders: a fake one (the real tokenizer of multilingual-e5-small, and a table in the place of the model), which
shows everything but the model, and the real one (extra `demo`) on fewer passages. Times are wall time, medians of
several runs; starting Python and opening the model is left out of both, though the original does it for each pass. Run
it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from growth import disk_of
from pipeline import HERE, make_inputs

ALPHA, QUERY_TOKENS, PASSAGE_TOKENS, BATCH = 0.01, 32, 128, 64
SAME = 1e-4
WAYS = ("original", "ours")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_000, help="for the fake encoder")
    parser.add_argument("--real-passages", type=int, default=300, help="for the real encoder; 0 leaves it out")
    parser.add_argument("--queries", type=int, default=35, help="of each passage, of seven languages")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median is taken")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder unless given")
    parser.add_argument("--once", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once is not None:
        way, encoder, folder = arguments.once
        print(json.dumps(measured(way, encoder, Path(folder))))
        return
    print(f"processors: {arguments.threads}")
    print(f"{'encoder':10}{'passages':>10}{'queries':>10}{'':>12}{'seconds':>10}{'queries/s':>11}{'disk, MB':>10}")
    for encoder, passages in (("fake", arguments.passages), ("real", arguments.real_passages)):
        if passages:
            with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
                count = make_inputs(Path(scratch), passages, arguments.queries)
                compare(encoder, Path(scratch), passages, count, arguments.repeat, arguments.threads)


def compare(encoder: str, folder: Path, passages: int, count: int, repeat: int, threads: int) -> None:
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(repeat):
        for way in WAYS:
            shutil.rmtree(folder / way, ignore_errors=True)
            (folder / way).mkdir()
            runs[way].append(run(way, encoder, folder, threads))
    apart = distance(*(folder / way / "index" for way in WAYS))
    seconds = {way: statistics.median(each["seconds"] for each in runs[way]) for way in WAYS}
    disk = {way: statistics.median(each["disk"] for each in runs[way]) for way in WAYS}
    for way in WAYS:
        print(
            f"{encoder:10}{passages:>10,}{count:>10,}{way:>12}{seconds[way]:>10,.1f}{count / seconds[way]:>11,.0f}"
            f"{disk[way] / 1e6:>10,.1f}"
        )
    print(
        f"{encoder}: {seconds['original'] / seconds['ours']:.2f} times as fast, "
        f"1/{disk['original'] / disk['ours']:.0f} of the disk; vectors at most {apart:.0e} apart, relatively"
    )
    if not apart < SAME:
        sys.exit("the two indexes differ")


def run(way: str, encoder: str, folder: Path, threads: int) -> dict[str, float]:
    """One run, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
    environment["TOKENIZERS_PARALLELISM"] = "true"
    command = [sys.executable, str(Path(__file__).resolve()), "--once", way, encoder, str(folder)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"{way} with the {encoder} encoder failed:\n{made.stderr[-3000:]}")
    found: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return found


def measured(way: str, encoder: str, folder: Path) -> dict[str, float]:
    """Seconds, and the most disk."""
    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, disk_of(folder / way))

    go = original if way == "original" else ours
    begin = go(encoder, folder)
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        start = time.perf_counter()
        begin()
        seconds = time.perf_counter() - start
    finally:
        done.set()
        watching.join()
    return {"seconds": seconds, "disk": max(most, disk_of(folder / way))}


def ours(encoder: str, folder: Path) -> Callable[[], None]:
    """What builds the index, with the libraries loaded, and the model."""
    from pyserini_xqg.encoding.encoder import TextEncoder
    from pyserini_xqg.indexing import builder
    from pyserini_xqg.indexing.settings import AugmentationSettings

    class FakeEncoder(TextEncoder):
        """A table in the place of the model."""

        def _run(self, batch):  # type: ignore[no-untyped-def]
            return looked_up(batch.features["input_ids"])

    made = (FakeEncoder if encoder == "fake" else TextEncoder)(settings(), "cpu")
    builder.open_passage_encoder = lambda *_: made

    def build() -> None:
        made = builder.XqgIndexBuilder(settings(), AugmentationSettings(alpha=ALPHA), device="cpu")
        made.build(folder / "corpus.jsonl", folder / "queries.jsonl", folder / "ours" / "index")

    return build


def original(encoder: str, folder: Path) -> Callable[[], None]:
    """What does all passes and adds their vectors up, with the libraries loaded, and the model, once for all passes."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    form, place = settings(), folder / "original"
    tokenizer = AutoTokenizer.from_pretrained(form.model)
    model = AutoModel.from_pretrained(form.model).eval() if encoder == "real" else None

    def encode(texts: list[str], prefix: str, length: int) -> Any:
        vectors = []
        with torch.no_grad():
            for start in range(0, len(texts), BATCH):
                batch = [prefix + text for text in texts[start : start + BATCH]]
                given = tokenizer(batch, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
                if model is None:
                    found = looked_up(given["input_ids"])
                else:
                    mask = given["attention_mask"][:, :, None].float()
                    found = (model(**given).last_hidden_state * mask).sum(1) / mask.sum(1)
                    found = torch.nn.functional.normalize(found)
                vectors.append(found.numpy())
        return np.concatenate(vectors)

    def augment() -> None:
        ids, texts = zip(*passages(folder / "corpus.jsonl"), strict=True)
        dump((encode([*texts], form.passage_prefix or "", PASSAGE_TOKENS), ids), place / "passages.pkl")
        numbers = [(language, number) for language, own in first_queries(folder).items() for number in range(own)]
        for language, number in numbers:
            asked = [own[language][number] for own in queries(folder)]
            dump((encode(asked, form.query_prefix or "", QUERY_TOKENS), ids), place / f"{language}-{number}.pkl")
        total, _ = load(place / "passages.pkl")
        total = (1 - ALPHA) * total
        for language, number in numbers:
            total += ALPHA * load(place / f"{language}-{number}.pkl")[0]
        dump((total, ids), place / "augmented.pkl")
        index = faiss.IndexFlatIP(total.shape[1])
        index.add(np.ascontiguousarray(total, dtype=np.float32))
        (place / "index").mkdir()
        faiss.write_index(index, str(place / "index" / "index"))
        (place / "index" / "docid").write_text("".join(f"{each}\n" for each in ids), encoding="utf-8")

    return augment


def settings() -> Any:
    """The encoder of both, cut at the lengths of the original."""
    from pyserini_xqg.encoding.folder import read_encoder

    lengths = {"query_max_length": QUERY_TOKENS, "passage_max_length": PASSAGE_TOKENS}
    return replace(read_encoder("bundled", "passage"), pooling="mean", l2_norm=True, **lengths)


def looked_up(ids: Any) -> Any:
    """Vectors of texts from a table, by their largest token, which padding is not."""
    return _table()[ids.amax(dim=1) % len(_table())]


@cache
def _table() -> Any:
    import torch

    return torch.rand(4096, 384, generator=torch.Generator().manual_seed(0))


def passages(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            read = json.loads(line)
            yield read["id"], read["text"]


def queries(folder: Path) -> Iterator[dict[str, list[str]]]:
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["queries"]


def first_queries(folder: Path) -> dict[str, int]:
    """How many queries the first passage has, and with that all, by language."""
    return {language: len(own) for language, own in next(queries(folder)).items()}


def dump(values: Any, file: Path) -> None:
    with file.open("wb") as handle:
        pickle.dump(values, handle)


def load(file: Path) -> Any:
    with file.open("rb") as handle:
        return pickle.load(handle)


def distance(one: Path, other: Path) -> float:
    """The largest distance between two vectors of the same row, relative to its length."""
    read = [faiss.read_index(str(folder / "index")) for folder in (one, other)]
    rows = [index.reconstruct_n(0, index.ntotal) for index in read]
    return float((np.linalg.norm(rows[0] - rows[1], axis=1) / np.linalg.norm(rows[0], axis=1)).max())


if __name__ == "__main__":
    main()
