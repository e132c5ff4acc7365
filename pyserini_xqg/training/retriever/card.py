"""Model card of a trained retriever: its form, its data, its scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyserini_xqg import __version__
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.common.cards import (
    base_name,
    card_text,
    data_section,
    front_matter,
    learning_rate_row,
    training_section,
)
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.settings import RetrieverSettings

CONTRASTIVE = (
    "Cross-entropy over the dot products of a question with its positive, its negatives and all passages of the "
    "batch's other questions."
)


def retriever_card(
    name: str,
    settings: RetrieverSettings,
    data: TrainingDataSettings,
    encoder: EncoderSettings,
    scale: float,
    counts: Mapping[str, Any],
    scores: Mapping[str, float],
    before: Mapping[str, float],
    chosen: str,
    command: str = "retriever",
    method: str = CONTRASTIVE,
    more: Sequence[tuple[str, object]] = (),
) -> str:
    """The text of the model card.

    Parameters
    ----------
    name : str
        Of the model.
    settings : RetrieverSettings
    data : TrainingDataSettings
    encoder : EncoderSettings
        The finished model's, resolved.
    scale : float
        That was used.
    counts : mapping
        Of the manifest: ``train`` and ``dev`` by language, ``left_out``, ``leaks``.
    scores, before : mapping
        On dev: ``RR@10``, ``RR@10 fi``, ...; of the model, and of its base.
    chosen : str
        Which checkpoint the model is, in words.
    command : str
        Of ``xqg train``.
    method : str
        What was minimised.
    more : sequence of (str, object)
        Settings to list beside the usual ones.
    """
    codes = [code for code in counts["train"] if code != UNKNOWN_LANGUAGE]
    tags = ("sentence-transformers", "feature-extraction", "retrieval", "cross-lingual", "pyserini-xqg")
    columns = {"questions": "questions", "positives": "positives", "negatives": "negatives"}
    lines = [
        *front_matter(str(settings.base), "sentence-transformers", "sentence-similarity", codes, tags),
        f"# {name}",
        "",
        f"A bi-encoder for retrieval, trained from {base_name(settings.base)} with `xqg train {command}` (pyserini-xqg "
        f"{__version__}), recipe `{settings.recipe}`. It turns questions and passages into vectors; their dot product "
        "says how well they go together.",
        "",
        "## Use",
        "",
        "    xqg index --corpus corpus.jsonl --encoder FOLDER --output INDEX",
        f"    python -m pyserini.encode ... encoder --encoder FOLDER {stock_options(encoder)}",
        "",
        "| | |",
        "|---|---|",
        f"| pooling | {encoder.pooling or 'the modules of the base'} |",
        f"| unit length | {'the modules of the base say' if encoder.l2_norm is None else _yes(encoder.l2_norm)} |",
        f"| prefixes of questions, passages | {json.dumps(encoder.query_prefix)}, "
        f"{json.dumps(encoder.passage_prefix)} |",
        f"| most tokens of questions, passages | {encoder.query_max_length}, {encoder.passage_max_length} |",
        "",
        *data_section(data, counts, columns, ("dev questions", "questions")),
        *training_section(method, (*_settings_rows(settings, scale, counts["negatives"]), *more), chosen),
        *_score_table(scores, before),
    ]
    return card_text(lines)


def stock_options(encoder: EncoderSettings) -> str:
    """The options that make stock Pyserini's ``auto`` encoder pool as this one."""
    pooling = f" --pooling {encoder.pooling}" if encoder.pooling in ("cls", "mean") else ""
    return f"--encoder-class auto{pooling}{' --l2-norm' if encoder.l2_norm else ''}"


def _settings_rows(settings: RetrieverSettings, scale: float, negatives: int) -> list[tuple[str, object]]:
    return [
        ("epochs", settings.epochs),
        ("batch", settings.batch_size),
        ("negatives a question, beside the batch's", negatives),
        learning_rate_row(settings),
        ("scale", f"{scale:g}"),
        ("precision", settings.precision),
        ("seed", settings.seed),
    ]


def _score_table(scores: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    if not scores:
        return []
    measures = [name for name in scores if " " not in name]
    languages = list(dict.fromkeys(name.partition(" ")[2] for name in scores if " " in name))
    rows = ["## Scores on dev", "", f"| language | {' | '.join(f'base, {each} | {each}' for each in measures)} |"]
    rows.append("|---|" + "--:|--:|" * len(measures))
    for language in [*languages, ""]:
        names = [f"{measure} {language}".strip() for measure in measures]
        cells = [f"{of[name]:.4f}" if name in of else "" for name in names for of in (before, scores)]
        rows.append(f"| {language or 'mean'} | {' | '.join(cells)} |")
    return [
        *rows,
        "",
        "The checkpoint was chosen on these questions where the best one is kept, so the figures are a "
        "little too good.",
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
