"""The README of a trained generator: what it is, what it learned from, and what it reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyserini_xqg import __version__
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.generator.plan import GeneratorPlan
from pyserini_xqg.training.generator.settings import GeneratorSettings


def generator_card(
    name: str,
    settings: GeneratorSettings,
    data: TrainingDataSettings,
    plan: GeneratorPlan,
    counts: Mapping[str, Any],
    scores: Mapping[str, float],
    before: Mapping[str, float],
    chosen: str,
) -> str:
    """The text of the model card.

    Parameters
    ----------
    name : str
        Of the model.
    settings : GeneratorSettings
    data : TrainingDataSettings
    plan : GeneratorPlan
    counts : mapping
        Of the manifest.
    scores, before : mapping
        On dev: ``NLL``, ``NLL fi``, ...; of the model, and of its base.
    chosen : str
        Which checkpoint the model is, in words.
    """
    base = Path(settings.base).name if Path(settings.base).is_dir() else settings.base
    task = "text2text-generation" if plan.generator == "seq2seq" else "text-generation"
    lines = [
        "---",
        "library_name: transformers",
        f"pipeline_tag: {task}",
        *([f"base_model: {json.dumps(base)}"] if base == settings.base else []),
        f"language: {json.dumps(sorted({*plan.train, 'en'}))}",
        "tags: [query-generation, retrieval, cross-lingual, pyserini-xqg]",
        "---",
        "",
        f"# {name}",
        "",
        f"Writes questions that a passage answers, in {_names(plan.train)}. Trained from {base} with "
        f"`xqg train generator` (pyserini-xqg {__version__}), recipe `{settings.recipe}`.",
        "",
        "## Use",
        "",
        f"    xqg generate --corpus corpus.jsonl --generator {plan.generator} --model FOLDER --language "
        f"{','.join(plan.train)} --output QUERIES",
        "",
        "The prompt, which that command knows:",
        "",
        *(f"    {line}" for line in plan.prompt.splitlines()),
        "",
        "## Data",
        "",
        f"Train: {', '.join(f'`{Path(path).name}`' for path in data.train)}"
        + (f". Dev: {', '.join(f'`{Path(path).name}`' for path in data.dev)}." if data.dev else ". No dev set."),
        "",
        *_data_table(plan),
        "",
        *([f"Left out: {_listed(counts['left_out'])}.", ""] if counts["left_out"] else []),
        *([f"Common to train and dev: {_listed(counts['leaks'])}.", ""] if any(counts["leaks"].values()) else []),
        *(
            [
                f"Questions that lost their end (over {settings.output_length} tokens): {_listed(plan.cut_questions)}.",
                "",
            ]
            if plan.cut_questions
            else []
        ),
        *(
            [
                "Where the data have the question in English too, it was also learned from the English question and "
                "the passage together.",
                "",
            ]
            if settings.parallel
            else []
        ),
        "## Training",
        "",
        "Cross-entropy of the question's tokens, its end included; the prompt is read and not learned.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {label} | {value} |" for label, value in _settings(settings, plan)),
        "",
        f"The model is {chosen}. Loss: `loss.tsv`, `loss.svg`. All settings: `settings.toml`.",
        "",
        *_scores(scores, before),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _settings(settings: GeneratorSettings, plan: GeneratorPlan) -> list[tuple[str, object]]:
    lora = (
        f"rank {settings.lora_rank}, alpha {settings.lora_alpha}, dropout {settings.lora_dropout:g}, on "
        f"{', '.join(settings.lora_targets)}; merged into the weights, and beside them in `adapter`"
    )
    return [
        ("steps", f"{plan.steps:,} ({plan.epochs:g} passes over the data)"),
        ("batch", settings.batch_size),
        (
            "learning rate, warm-up",
            f"{settings.learning_rate:g}, {settings.warmup_ratio:g} of the steps, then linear decay",
        ),
        ("LoRA", lora if settings.lora_rank else "no: all weights are trained"),
        ("trained parameters", f"{plan.trained_parameters:,} of {plan.parameters:,}"),
        (
            "most tokens of a prompt" if plan.generator == "seq2seq" else "most tokens of a passage",
            settings.input_length,
        ),
        ("most tokens of a question", settings.output_length),
        ("precision", settings.precision),
        ("seed", settings.seed),
    ]


def _data_table(plan: GeneratorPlan) -> list[str]:
    rows = ["| language | pairs | passages | with the English question | dev pairs |", "|---|--:|--:|--:|--:|"]
    for code in sorted({*plan.train, *plan.dev}):
        own, held = plan.train.get(code, {}), plan.dev.get(code, {})
        cells = (own.get("pairs", 0), own.get("passages", 0), own.get("with English", 0), held.get("pairs", 0))
        rows.append(f"| {language_name(code)} ({code}) | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return rows


def _scores(scores: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    if not scores:
        return []
    rows = ["## Loss on dev", "", "| language | base | model |", "|---|--:|--:|"]
    for name, score in scores.items():
        started = f"{before[name]:.4f}" if name in before else ""
        rows.append(f"| {name.partition(' ')[2] or 'all'} | {started} | {score:.4f} |")
    return [
        *rows,
        "",
        "Mean negative log-likelihood of a token. The checkpoint was chosen by it where the best one is kept. It says "
        "how well the model foretells people's questions, not what its own are worth to a retriever.",
    ]


def _names(codes: Mapping[str, Any]) -> str:
    names = [language_name(code) for code in codes]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in counts.items() if count)
