"""Everything of a build but the model: python benchmarks/pipeline.py [--passages N] [--repeat 3] [--beside CHECKOUT].

``xqg index`` with a fake encoder: the tokenizer is the real one of multilingual-e5-small, and in the place of the model
the vector of a text is looked up in a table by one of its tokens. So it shows how many queries a second reading,
tokenizing, adding and writing can carry, and with that how fast a device may be before it waits. The texts are those of
the demo's collection, their words in another order each time, and queries have six words at most, as models write them.

The scan of the inputs, which is made once, is timed apart. With ``--beside``, the same is done with another checkout of
this package, in turn, and the ratio is that of the medians. Wall time: run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
COLLECTION = HERE / "pyserini_xqg" / "demo" / "collection"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=6000)
    parser.add_argument("--queries", type=int, default=35, help="of each passage, of seven languages")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median is taken")
    parser.add_argument("--beside", type=Path, help="another checkout of this package")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once is not None:
        print(json.dumps(build(arguments.once)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        count = make_inputs(Path(scratch), arguments.passages, arguments.queries)
        checkouts = {"this checkout": HERE} | ({"beside": arguments.beside} if arguments.beside else {})
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
        for _ in range(arguments.repeat):
            for name, checkout in checkouts.items():
                runs[name].append(run(checkout, Path(scratch)))
    tokens = runs["this checkout"][0]["tokens"]
    cores = len(os.sched_getaffinity(0))
    print(f"{arguments.passages} passages, {count} queries of {tokens:.1f} tokens; processors: {cores}")
    print(f"{'':16}{'queries a second':>18}{'CPU-s of 100,000':>18}{'scan, passages a second':>25}")
    rates = {}
    for name, found in runs.items():
        seconds, cpu, scan = (statistics.median(each[key] for each in found) for key in ("seconds", "cpu", "scan"))
        rates[name] = count / seconds
        print(f"{name:16}{rates[name]:18,.0f}{cpu / count * 1e5:18.2f}{arguments.passages / scan:25,.0f}")
    if arguments.beside:
        print(f"ratio: {rates['this checkout'] / rates['beside']:.2f}")


def run(checkout: Path, folder: Path) -> dict[str, float]:
    """One build, in a process of its own."""
    # A thread of the fake model's is enough; the tokenizer has all.
    environment = {**os.environ, "PYTHONPATH": str(checkout), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--once", str(folder)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"the build of {checkout} failed:\n{made.stderr[-3000:]}")
    found: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return found


def build(folder: Path) -> dict[str, float]:
    """Seconds and CPU-seconds of the parts, seconds of the scan."""
    import torch

    from pyserini_xqg.encoding.encoder import TextEncoder
    from pyserini_xqg.indexing import builder
    from pyserini_xqg.indexing.kept_scan import KeptScan
    from pyserini_xqg.indexing.settings import AugmentationSettings

    class FakeEncoder(TextEncoder):
        """A table in the place of the model."""

        def _run(self, batch):  # type: ignore[no-untyped-def]
            return table[batch.features["input_ids"][:, -3:].amax(dim=1) % len(table)]

    encoder = FakeEncoder(builder.read_encoder("bundled", "passage"), "cpu")
    encoder.tokenize(["warm up"] * 100, "query")
    table = torch.rand(4096, encoder.dimension, generator=torch.Generator().manual_seed(0))
    times: list[tuple[float, float]] = []
    scan = KeptScan.run

    def timed(*given):  # type: ignore[no-untyped-def]
        found = scan(*given)
        times.append((time.perf_counter(), time.process_time()))
        return found

    KeptScan.run = timed  # type: ignore[method-assign]
    builder.open_passage_encoder = lambda *_: encoder
    with tempfile.TemporaryDirectory(dir=folder) as output:
        start = time.perf_counter()
        made = builder.XqgIndexBuilder("bundled", AugmentationSettings(), device="cpu")
        made.build(folder / "corpus.jsonl", folder / "queries.jsonl", Path(output, "index"))
        times.append((time.perf_counter(), time.process_time()))
    (begun, cpu_begun), (ended, cpu_ended) = times
    found = {"scan": begun - start, "seconds": ended - begun, "cpu": cpu_ended - cpu_begun}
    with (folder / "queries.jsonl").open(encoding="utf-8") as queries:
        texts = [text for line in islice(queries, 20) for own in json.loads(line)["queries"].values() for text in own]
    masks = [batch.features["attention_mask"] for batch in encoder.tokenize(texts, "query")]
    return {**found, "tokens": sum(int(mask.sum()) for mask in masks) / len(texts)}


def make_inputs(folder: Path, passages: int, queries: int) -> int:
    """Corpus and queries of as many passages; how many queries there are."""
    draw = random.Random(0)
    read = [json.loads(line) for line in (COLLECTION / "passages.jsonl").read_text("utf-8").splitlines()]
    asked: dict[str, list[str]] = {}
    for line in (COLLECTION / "queries.jsonl").read_text("utf-8").splitlines():
        for language, texts in json.loads(line)["queries"].items():
            asked.setdefault(language, []).extend(texts)
    languages = sorted(asked)[:7]

    def mixed(text: str) -> str:
        words = text.split()
        return " ".join(draw.sample(words, len(words)))

    def query(language: str) -> str:
        return mixed(" ".join(draw.choice(asked[language]).split()[:6]))

    with (folder / "corpus.jsonl").open("w") as corpus, (folder / "queries.jsonl").open("w") as generated:
        for number in range(passages):
            text = mixed(read[number % len(read)]["text"])
            corpus.write(json.dumps({"id": f"d{number}", "text": text}) + "\n")
            own: dict[str, list[str]] = {language: [] for language in languages}
            for count in range(queries):
                language = languages[count % len(languages)]
                own[language].append(query(language))
            generated.write(json.dumps({"id": f"d{number}", "queries": own}, ensure_ascii=False) + "\n")
    return passages * queries


if __name__ == "__main__":
    main()
