"""What number formats cost in retrieval: python benchmarks/dtypes.py [--xquad FOLDER] [--device cpu].

Questions and passages of the demo's collection, and with ``--xquad`` those of XQuAD, encoded by multilingual-e5-small
(4-bit weights) in each format of ``--dtype``: R@1 and MRR@10 over all questions, for how many another passage comes
first than in float32, and the largest difference of a score. Passages and questions have the same format, as in use.

Where there is no GPU, TF32 is imitated: inputs and weights of all linear layers are rounded to 10 bits of mantissa.
That leaves out attention's own products.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.demo.collections import bundled, squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import DTYPES, EncoderSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path)
    parser.add_argument("--device")
    arguments = parser.parse_args()
    collections = {"demo": bundled()} | ({"XQuAD": squad(arguments.xquad)} if arguments.xquad else {})
    print(f"{'':16}{'questions':>10}{'R@1 (%)':>10}{'MRR@10 (%)':>12}{'other first':>12}{'score apart':>13}")
    exact: dict[str, Any] = {}
    for dtype in DTYPES:
        encoder = TextEncoder(EncoderSettings(multilingual_e5_small(), dtype=dtype), arguments.device)
        if dtype == "tf32" and not encoder.device.startswith("cuda"):
            imitate_tf32(encoder)
        for name, collection in collections.items():
            asked = [question for of_language in collection.questions.values() for question in of_language]
            texts = [passage_text(passage.title, passage.text) for passage in collection.passages]
            questions = encoder.encode([question.text for question in asked], "query")
            scores = questions @ encoder.encode(texts, "passage").T
            exact.setdefault(name, scores)
            places = {passage.id: place for place, passage in enumerate(collection.passages)}
            right = np.array([places[question.passage_id] for question in asked])
            own = scores[np.arange(len(asked)), right]
            ranks = 1 + (scores > own[:, None]).sum(axis=1)
            other = (scores.argmax(axis=1) != exact[name].argmax(axis=1)).sum()
            mrr = np.where(ranks <= 10, 1 / ranks, 0).mean()
            print(
                f"{name + ', ' + dtype:16}{len(asked):10,}{100 * (ranks == 1).mean():10.2f}{100 * mrr:12.2f}{other:12}"
                f"{np.abs(scores - exact[name]).max():13.0e}",
                flush=True,
            )


def imitate_tf32(encoder: TextEncoder) -> None:
    """Round what a GPU would round, of the linear layers."""

    def rounded(values: torch.Tensor) -> torch.Tensor:
        return ((values.contiguous().view(torch.int32) + (1 << 12)) & ~((1 << 13) - 1)).view(torch.float32)

    for layer in encoder._model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight.data = rounded(layer.weight.data)
            layer.register_forward_pre_hook(lambda _, given: (rounded(given[0]),))


if __name__ == "__main__":
    main()
