"""Writing queries: python benchmarks/generation.py [--passages N] [--threads 1] [--repeat 1] [--model FOLDER].

The same passages through the same model, each way in a process of its own with as many threads, one after the other:
``model.generate`` as one would write it (passages in the order of the corpus, padded, torch's own sampling), our
generator by transformers, and ours by CTranslate2 in each type that the machine has. Five queries a passage, sampled
from the top 10.

Queries a second are by the clock, once the model is loaded and warm; take nothing else on meanwhile. CPU-seconds count
all threads of the same span. What CTranslate2 takes to load its model anew for every call is in its time.

The model is a random one of the shape of google/mt5-small, unless one is named; its queries never stop, so that all
have 32 tokens. Passages are words of its tokenizer, as many as a log-normal draw says: 140 tokens, such as 100 words of
English have, are the mean.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEAN_TOKENS, SPREAD, LEAST_TOKENS, MOST_TOKENS = 140, 0.25, 10, 220
QUERIES, OUTPUT, TOP_K, PLAIN_BATCH = 5, 32, 10, 16
WAYS = {
    "plain": "model.generate, float32",
    "seq2seq float32": "transformers, float32",
    "seq2seq bfloat16": "transformers, bfloat16",
    "ctranslate2 float32": "CTranslate2, float32",
    "ctranslate2 bfloat16": "CTranslate2, bfloat16",
    "ctranslate2 int8": "CTranslate2, int8",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the median is taken")
    parser.add_argument("--model", type=Path, help="folder of a model, instead of the random one")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS], help="which to measure")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run(arguments.run[0], Path(arguments.run[1]), arguments.threads)
        return
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    make_inputs(folder, arguments.passages, arguments.model)
    print(
        f"{arguments.model or 'random model of the shape of mt5-small'}; {arguments.passages} passages, {QUERIES} "
        f"queries each; threads: {arguments.threads}; runs: {arguments.repeat}",
        flush=True,
    )
    for way in arguments.ways:
        if way.startswith("ctranslate2"):
            run_apart(f"convert{way.removeprefix('ctranslate2')}", folder, arguments.threads)
    costs: dict[str, list[dict[str, float]]] = {way: [] for way in arguments.ways}
    for _ in range(arguments.repeat):
        for way in arguments.ways:
            if (cost := run_apart(way, folder, arguments.threads)) is not None:
                costs[way].append(cost)
    costs = {way: found for way, found in costs.items() if found}
    speed = {
        way: statistics.median(cost["queries"] / cost["seconds"] for cost in found) for way, found in costs.items()
    }
    bases = [speed.get(way) for way in ("plain", "seq2seq float32")]
    print(
        f"{'':26}{'queries':>10}{'ratio to':>10}{'ratio to':>14}{'queries per':>13}{'tokens':>9}{'peak':>10}{'load':>8}"
    )
    print(
        f"{'':26}{'a second':>10}{'generate':>10}{'transformers':>14}{'CPU-second':>13}{'each':>9}{'memory':>10}"
        f"{'s':>8}"
    )
    for way, found in costs.items():
        per_cpu, tokens, memory, load = (
            statistics.median(value)
            for value in zip(
                *((c["queries"] / c["cpu"], c["tokens"], c["memory"], c["load"]) for c in found), strict=True
            )
        )
        ratios = [f"{speed[way] / base:.2f}" if base else "" for base in bases]
        print(
            f"{WAYS[way]:26}{speed[way]:10.2f}{ratios[0]:>10}{ratios[1]:>14}{per_cpu:13.2f}"
            f"{tokens:9.1f}{f'{memory / 1e9:.2f} GB':>10}{load:8.1f}"
        )


def run_apart(way: str, folder: Path, threads: int) -> dict[str, float] | None:
    """What a way took; None where the machine does not have it."""
    count = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    result = subprocess.run(
        [sys.executable, __file__, "--threads", str(threads), "--run", way, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            **count,
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PYSERINI_XQG_CACHE": str(folder / "cache"),
        },
    )
    if result.returncode:
        sys.exit(f"{way} ended with {result.returncode}:\n{result.stdout[-1000:]}{result.stderr[-3000:]}")
    cost: dict[str, float] | None = json.loads(result.stdout.splitlines()[-1])
    if cost is None and not way.startswith("convert"):
        print(f"{WAYS[way]}: not on this machine", flush=True)
    return cost


def run(way: str, folder: Path, threads: int) -> None:
    import torch

    from pyserini_xqg.collection.passages import Passage
    from pyserini_xqg.errors import UsageError
    from pyserini_xqg.generation.backends._prompted import PromptedGenerator
    from pyserini_xqg.generation.backends.ctranslate2 import CTranslate2Generator
    from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator

    torch.set_num_threads(threads)
    passages = [Passage(f"d{number}", text) for number, text in enumerate(json.loads((folder / "texts").read_text()))]
    model = str(folder / "model")
    kind, _, dtype = way.partition(" ")
    written: list[int] = []

    def counting(generator: PromptedGenerator) -> PromptedGenerator:
        write = generator._write

        def counted(prompts: list[list[int]], seeds: list[list[int]]) -> list[list[list[int]]]:
            tokens = write(prompts, seeds)
            written.extend(len(query) for queries in tokens for query in queries)
            return tokens

        generator._write = counted  # type: ignore[method-assign]
        return generator

    try:
        if kind == "convert":
            CTranslate2Generator(model=model, dtype=dtype, device="cpu")
            print(json.dumps(None))
            return
        start = time.perf_counter()
        if kind == "plain":
            plain = make_plain(model, written)
        elif kind == "seq2seq":
            generator = counting(Seq2SeqGenerator(model=model, dtype=dtype, device="cpu"))
        else:
            generator = counting(CTranslate2Generator(model=model, dtype=dtype, device="cpu"))
    except UsageError:
        print(json.dumps(None))
        return
    load = time.perf_counter() - start

    def write(some: list[Passage]) -> None:
        if kind == "plain":
            plain([passage.text for passage in some])
        else:
            generator.generate(some, "fi", QUERIES, 1, lambda _: None)

    write(passages[:2])
    written.clear()
    start, cpu = time.perf_counter(), time.process_time()
    write(passages)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert len(written) == QUERIES * len(passages)
    unit = 1 if sys.platform == "darwin" else 1024
    values = {
        "queries": len(written),
        "tokens": statistics.mean(written),
        "seconds": seconds,
        "cpu": cpu,
        "load": load,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }
    print(json.dumps(values))


def make_plain(folder: str, written: list[int]):  # type: ignore[no-untyped-def]
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()

    def write(texts: list[str]) -> None:
        prompts = [f"Generate a Finnish question for this passage: {text}" for text in texts]
        for start in range(0, len(prompts), PLAIN_BATCH):
            batch = prompts[start : start + PLAIN_BATCH]
            inputs = tokenizer(batch, padding=True, truncation=True, max_length=256, return_tensors="pt")
            with torch.inference_mode():
                tokens = model.generate(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    do_sample=True,
                    top_k=TOP_K,
                    num_return_sequences=QUERIES,
                    max_new_tokens=OUTPUT,
                )
            tokenizer.batch_decode(tokens, skip_special_tokens=True)
            written.extend(int((row != tokenizer.pad_token_id).sum()) for row in tokens[:, 1:])

    return write


def make_inputs(folder: Path, passages: int, model: Path | None) -> None:
    """The model and the passages."""
    import numpy as np
    from transformers import AutoTokenizer

    from pyserini_xqg.encoding.loading import quiet_loading

    if model is None:
        with quiet_loading():
            make_model(folder / "model")
    else:
        (folder / "model").symlink_to(model.resolve())
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    words = sorted(word[1:] for word in tokenizer.get_vocab() if word[0] == "▁" and word[1:].isalpha())
    random = np.random.default_rng(0)
    lengths = random.lognormal(np.log(MEAN_TOKENS) - SPREAD**2 / 2, SPREAD, passages).round()
    texts = [" ".join(random.choice(words, int(length))) for length in lengths.clip(LEAST_TOKENS, MOST_TOKENS)]
    (folder / "texts").write_text(json.dumps(texts))


def make_model(folder: Path) -> None:
    from itertools import islice, product

    import torch
    from transformers import MT5Config, MT5ForConditionalGeneration, T5Tokenizer

    config = MT5Config(decoder_start_token_id=0)  # its own sizes are those of mt5-small
    syllables = ["".join(pair) for pair in product("bdfghklmnprstvz", "aeiou")]
    words = ("".join(parts) for length in (1, 2, 3) for parts in product(syllables, repeat=length))
    pieces = ["▁", *(f"▁{word}" for word in islice(words, config.vocab_size - 4 - 26))]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((piece, -10.0) for piece in pieces)]
    vocabulary += [(chr(letter), -12.0) for letter in range(ord("a"), ord("z") + 1)]
    T5Tokenizer(vocab=vocabulary, extra_ids=0).save_pretrained(folder)
    torch.manual_seed(0)
    model = MT5ForConditionalGeneration(config)
    # Two matrices of tokens, as the published models have; the end of a sequence is never among the likeliest.
    model.lm_head.weight = torch.nn.Parameter(torch.randn(model.lm_head.weight.shape) * 0.05)
    model.lm_head.weight.data[:3] = 0
    model.save_pretrained(folder)


if __name__ == "__main__":
    main()
