"""Model cards: the README of a trained model, in the parts that all of them have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.training.common.settings import TrainerSettings
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import listed

# Counts by language, those of one column each.
Counts = Mapping[str, Mapping[str, int]]


def base_name(base: str | Path) -> str:
    """The base model for readers: of a folder its name."""
    return Path(base).name if Path(base).is_dir() else str(base)


def front_matter(base: str, library: str, pipeline: str, languages: Iterable[str], tags: Sequence[str]) -> list[str]:
    """What the hub reads, as YAML between two rules; a base that is a folder here is left out."""
    return [
        "---",
        f"library_name: {library}",
        f"pipeline_tag: {pipeline}",
        *([f"base_model: {json.dumps(base)}"] if base_name(base) == base else []),
        f"language: {json.dumps(sorted({*languages, 'en'}))}",
        f"tags: [{', '.join(tags)}]",
        "---",
        "",
    ]


def data_section(
    data: TrainingDataSettings,
    counts: Mapping[str, Any],
    columns: Mapping[str, str],
    dev_column: tuple[str, str],
) -> list[str]:
    """The names of the data, a table by language, and what was left out.

    Parameters
    ----------
    data : TrainingDataSettings
    counts : mapping
        Of the manifest: ``train`` and ``dev`` by language, ``left_out``, ``leaks``.
    columns : mapping
        Title to name of each count of train.
    dev_column : (str, str)
        Title and name of the one of dev.
    """
    train: Counts = counts["train"]
    dev: Counts = counts.get("dev") or {}
    rows = [f"| language | {' | '.join((*columns, dev_column[0]))} |", "|---|" + "--:|" * (len(columns) + 1)]
    for code in sorted({*train, *dev}):
        own, held = train.get(code, {}), dev.get(code, {})
        cells = [*(own.get(name, 0) for name in columns.values()), held.get(dev_column[1], 0)]
        label = "not given" if code == UNKNOWN_LANGUAGE else f"{language_name(code)} ({code})"
        rows.append(f"| {label} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return [
        "## Data",
        "",
        f"Train: {_names(data.train)}" + (f". Dev: {_names(data.dev)}." if data.dev else ". No dev set."),
        "",
        *rows,
        "",
        *([f"Left out: {listed(counts['left_out'])}.", ""] if counts["left_out"] else []),
        *([f"Common to train and dev: {listed(counts['leaks'])}.", ""] if any(counts["leaks"].values()) else []),
    ]


def training_section(method: str, rows: Iterable[tuple[str, object]], chosen: str) -> list[str]:
    """What was minimised, the settings as a table, and which checkpoint the model is."""
    return [
        "## Training",
        "",
        method,
        "",
        "| | |",
        "|---|---|",
        *(f"| {label} | {value} |" for label, value in rows),
        "",
        f"The model is {chosen}. Loss: `loss.tsv`, `loss.svg`. All settings: `settings.toml`.",
        "",
    ]


def learning_rate_row(settings: TrainerSettings) -> tuple[str, str]:
    """The row of the settings that says how fast the model learned."""
    return (
        "learning rate, warm-up",
        f"{settings.learning_rate:g}, {settings.warmup_ratio:g} of the steps, then linear decay",
    )


def card_text(lines: Iterable[str]) -> str:
    """The card as the file has it."""
    return "\n".join(lines).rstrip() + "\n"


def _names(paths: Iterable[str | Path]) -> str:
    return ", ".join(f"`{Path(path).name}`" for path in paths)
