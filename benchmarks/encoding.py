"""Encoding, beside stock and sentence-transformers: python benchmarks/encoding.py [--what queries] [--documents N].

Four ways from the same corpus and model to a flat index, each in a process of its own with as many threads: stock
``pyserini.encode`` with its own encoder class, stock ``pyserini.encode`` with ours, sentence-transformers'
``encode`` and faiss, and ``xqg index``. The texts are as long as passages, or with ``--what queries`` as short as
generated queries, which stock Pyserini would encode as a corpus too.

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
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cost import Cost, cost_of

BATCH = 64
WAYS = {
    "stock": "pyserini.encode",
    "class": "pyserini.encode, class xqg",
    "sentence-transformers": "sentence-transformers",
    "index": "xqg index",
}
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Lengths:
    """Of texts, in tokens: their mean, the spread of its logarithm, and where they are cut."""

    mean: float
    spread: float
    most: int


TEXTS = {"passages": Lengths(112, 0.25, 256), "queries": Lengths(11, 0.3, 32)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=TEXTS, default="passages")
    parser.add_argument("--documents", type=int, help="how many texts; 250 passages or 2,500 queries unless given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the median is taken")
    parser.add_argument("--model", type=Path, help="folder of a mean-pooling model, instead of the random one")
    parser.add_argument("--sentence-transformers", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sentence_transformers:
        encode_by_sentence_transformers(*map(Path, arguments.sentence_transformers))
        return
    lengths = TEXTS[arguments.what]
    documents = arguments.documents or {"passages": 250, "queries": 2500}[arguments.what]
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), lengths, documents, arguments.threads, arguments.repeat, arguments.model)


def measure(folder: Path, lengths: Lengths, documents: int, threads: int, repeat: int, model: Path | None) -> None:
    # In a process of its own: the memory of a process that starts another one counts as that one's too.
    maker = multiprocessing.get_context("spawn").Process(target=make_inputs, args=(folder, lengths, documents, model))
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
            for corpus, kept in (("one", starts), ("all", costs)):
                words = command(way, corpus, number, inputs["dimension"], lengths.most)
                kept[way].append(cost_of(words, folder, threads))

    start = {way: statistics.median(cost.cpu for cost in starts[way]) for way in WAYS}
    whole = {way: statistics.median(cost.cpu for cost in costs[way]) for way in WAYS}
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


def command(way: str, corpus: str, number: int, dimension: int, most: int) -> list[str]:
    output = f"{way}-{corpus}-{number}"
    if way == "index":
        return (
            f"-m pyserini_xqg index --corpus {corpus} --encoder ours --alpha 0 --device cpu --output {output}".split()
        )
    if way == "sentence-transformers":
        return [str(Path(__file__).resolve()), "--sentence-transformers", corpus, output]
    encoder = "--encoder ours --encoder-class xqg" if way == "class" else "--encoder model --encoder-class auto"
    return (
        f"-m pyserini.encode input --corpus {corpus} --fields text output --embeddings {output} --to-faiss "
        f"encoder {encoder} --fields text --pooling mean --l2-norm --max-length {most} "
        f"--dimension {dimension} --batch-size {BATCH} --device cpu"
    ).split()


def encode_by_sentence_transformers(corpus: Path, output: Path) -> None:
    """The model of this folder, mean pooling and unit length, into a flat index."""
    import faiss
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    transformer = Transformer("model", max_seq_length=json.loads(Path("inputs.json").read_text())["cut"])
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")
    records = [json.loads(line) for line in (corpus / "corpus.jsonl").read_text().splitlines()]
    vectors = model.encode([record["text"] for record in records], batch_size=BATCH, show_progress_bar=False)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    output.mkdir()
    faiss.write_index(index, str(output / "index"))
    (output / "docid").write_text("".join(f"{record['id']}\n" for record in records))


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


def make_inputs(folder: Path, of: Lengths, documents: int, model: Path | None) -> None:
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
        passage_max_length=of.most,
    )
    write_encoder(settings, AugmentationSettings(alpha=0), folder / "ours", "cpu")

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    words = [word.lstrip("▁") for word in sorted(tokenizer.get_vocab()) if word.lstrip("▁").isalpha()]
    words = [word for word in words if len(tokenizer(word)["input_ids"]) == 3][:5000]
    random = np.random.default_rng(0)
    lengths = random.lognormal(np.log(of.mean) - of.spread**2 / 2, of.spread, documents).round().clip(4, of.most)
    texts = [" ".join(random.choice(words, int(length) - 2)) for length in lengths]
    for name, chosen in (("one", texts[:1]), ("all", texts)):
        (folder / name).mkdir()
        lines = (json.dumps({"id": f"d{number}", "text": text}) + "\n" for number, text in enumerate(chosen))
        (folder / name / "corpus.jsonl").write_text("".join(lines))
    tokens = [len(ids) for ids in tokenizer(texts, truncation=True, max_length=of.most)["input_ids"]]
    batches = [tokens[start : start + BATCH] for start in range(0, documents, BATCH)]
    values = {
        "cut": of.most,
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
