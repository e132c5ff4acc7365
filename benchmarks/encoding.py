"""Encoding passages, beside stock Pyserini: python benchmarks/encoding.py [--documents N] [--threads 1] [--repeat 1].

Three ways from the same corpus and model to passage vectors, each in a process of its own with as many threads: stock
``pyserini.encode`` with its own encoder class, stock ``pyserini.encode`` with ours, and ``xqg index``.

Documents per CPU-second count user and system time, so that other work on the machine does little to them; start-up
(imports, the Java runtime that Pyserini starts, the model) is measured by a run on one document and taken off. Memory
is the most that was ever resident, start-up included. Vectors are compared with those of stock.

The model is a random one of the shape of multilingual-e5-small with a small vocabulary, unless one is named; documents
are words of its tokenizer, as many as a log-normal draw says.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEAN_TOKENS, SPREAD, MAX_TOKENS = 112, 0.25, 256
BATCH = 64
WAYS = {"stock": "pyserini.encode", "class": "pyserini.encode, class xqg", "index": "xqg index"}
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Cost:
    """What a process took: CPU-seconds, and bytes at its largest."""

    seconds: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=250)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the median is taken")
    parser.add_argument("--model", type=Path, help="folder of a mean-pooling model, instead of the random one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), arguments.documents, arguments.threads, arguments.repeat, arguments.model)


def measure(folder: Path, documents: int, threads: int, repeat: int, model: Path | None) -> None:
    # In a process of its own: the memory of a process that starts another one counts as that one's too.
    maker = multiprocessing.get_context("spawn").Process(target=make_inputs, args=(folder, documents, model))
    maker.start()
    maker.join()
    if maker.exitcode:
        sys.exit(maker.exitcode)
    inputs = json.loads((folder / "inputs.json").read_text())
    print(
        f"{model or 'random 12 x 384 BERT'}; {documents} documents of {inputs['mean']:.0f} tokens "
        f"({inputs['least']} to {inputs['most']}; stock computes {inputs['padding']:.2f} for each); "
        f"threads: {threads}; runs: {repeat}",
        flush=True,
    )
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    starts: dict[str, list[Cost]] = {way: [] for way in WAYS}
    for number in range(repeat):
        for way in WAYS:
            starts[way].append(run(command(way, "one", number, inputs["dimension"]), folder, threads))
            costs[way].append(run(command(way, "all", number, inputs["dimension"]), folder, threads))

    start = {way: statistics.median(cost.seconds for cost in starts[way]) for way in WAYS}
    whole = {way: statistics.median(cost.seconds for cost in costs[way]) for way in WAYS}
    speed = {way: (documents - 1) / (whole[way] - start[way]) for way in WAYS}
    memory = {way: statistics.median(cost.memory for cost in costs[way]) for way in WAYS}
    apart = {way: difference(folder, way) for way in WAYS}
    print(f"{'':28}{'documents per':>15}{'':8}{'peak':>10}{'':8}{'start-up':>10}{'largest':>12}")
    print(f"{'':28}{'CPU-second':>15}{'ratio':>8}{'memory':>10}{'ratio':>8}{'CPU-s':>10}{'difference':>12}")
    for way, name in WAYS.items():
        print(
            f"{name:28}{speed[way]:15.1f}{speed[way] / speed['stock']:8.2f}{f'{memory[way] / 1e9:.2f} GB':>10}"
            f"{memory[way] / memory['stock']:8.2f}{start[way]:10.1f}{apart[way]:12.0e}"
        )
    if max(apart.values()) > TOLERANCE:
        sys.exit(f"the vectors differ by more than {TOLERANCE}")


def command(way: str, corpus: str, number: int, dimension: int) -> list[str]:
    output = f"{way}-{corpus}-{number}"
    if way == "index":
        return f"pyserini_xqg index --corpus {corpus} --encoder ours --alpha 0 --device cpu --output {output}".split()
    encoder = "--encoder ours --encoder-class xqg" if way == "class" else "--encoder model --encoder-class auto"
    return (
        f"pyserini.encode input --corpus {corpus} --fields text output --embeddings {output} --to-faiss "
        f"encoder {encoder} --fields text --pooling mean --l2-norm --max-length {MAX_TOKENS} "
        f"--dimension {dimension} --batch-size {BATCH} --device cpu"
    ).split()


def run(arguments: list[str], folder: Path, threads: int) -> Cost:
    """The cost of a Python module run in `folder`; its relative names keep stock's guesses by path out of the way."""
    count = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **count, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(arguments)} ended with {process.returncode}:\n{log.read()[-3000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def difference(folder: Path, way: str) -> float:
    """The largest difference between the vectors of the first run of a way and those of stock."""
    import faiss
    import numpy as np

    vectors = []
    for other in ("stock", way):
        index = faiss.read_index(str(folder / f"{other}-all-0" / "index"))
        ids = (folder / f"{other}-all-0" / "docid").read_text().split()
        vectors.append(index.reconstruct_n(0, index.ntotal)[np.argsort(ids)])
    return float(np.abs(vectors[0] - vectors[1]).max())


def make_inputs(folder: Path, documents: int, model: Path | None) -> None:
    """The model, our encoder folder over it and the corpora; ``inputs.json`` says what they are like."""
    import numpy as np
    from transformers import AutoTokenizer

    from pyserini_xqg.encoding.loading import quiet_loading
    from pyserini_xqg.encoding.settings import EncoderSettings
    from pyserini_xqg.indexing.settings import AugmentationSettings
    from pyserini_xqg.plugin.encoder_folder import write_encoder

    if model is None:
        with quiet_loading():
            make_model(folder / "model")
    else:
        (folder / "model").symlink_to(model.resolve())
    settings = EncoderSettings(
        str(folder / "model"),
        pooling="mean",
        l2_norm=True,
        query_prefix="",
        passage_prefix="",
        passage_max_length=MAX_TOKENS,
    )
    write_encoder(settings, AugmentationSettings(alpha=0), folder / "ours", "cpu")

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    words = [word.lstrip("▁") for word in sorted(tokenizer.get_vocab()) if word.lstrip("▁").isalpha()]
    words = [word for word in words if len(tokenizer(word)["input_ids"]) == 3][:5000]
    random = np.random.default_rng(0)
    lengths = random.lognormal(np.log(MEAN_TOKENS) - SPREAD**2 / 2, SPREAD, documents).round().clip(4, MAX_TOKENS)
    texts = [" ".join(random.choice(words, int(length) - 2)) for length in lengths]
    for name, chosen in (("one", texts[:1]), ("all", texts)):
        (folder / name).mkdir()
        lines = (json.dumps({"id": f"d{number}", "text": text}) + "\n" for number, text in enumerate(chosen))
        (folder / name / "corpus.jsonl").write_text("".join(lines))
    tokens = [len(ids) for ids in tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]]
    batches = [tokens[start : start + BATCH] for start in range(0, documents, BATCH)]
    values = {
        "mean": sum(tokens) / documents,
        "least": min(tokens),
        "most": max(tokens),
        "padding": sum(max(batch) * len(batch) for batch in batches) / sum(tokens),
        "dimension": json.loads((folder / "model" / "config.json").read_text())["hidden_size"],
    }
    (folder / "inputs.json").write_text(json.dumps(values))


def make_model(folder: Path) -> None:
    from itertools import product

    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["".join(parts) for parts in product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeio")]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words) + 5,
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=1536,
        # Vectors of a freshly made model are nearly equal; larger weights tell texts apart.
        initializer_range=0.05,
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]) + "\n")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=512).save_pretrained(folder)


if __name__ == "__main__":
    main()
