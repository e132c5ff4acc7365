"""Model card of a trained query generator: its prompt, its data, its loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyserini_xqg import __version__
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.training.common.cards import (
    base_name,
    card_text,
    data_section,
    front_matter,
    learning_rate_row,
    training_section,
)
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import listed
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
    task = "text2text-generation" if plan.generator == "seq2seq" else "text-generation"
    tags = ("query-generation", "retrieval", "cross-lingual", "pyserini-xqg")
    columns = {"pairs": "pairs", "passages": "passages", "with the English question": "with English"}
    cut = f"Questions that lost their end (over {settings.output_length} tokens): {listed(plan.cut_questions)}."
    parallel = (
        "Where the data have the question in English too, it was also learned from the English question and the "
        "passage together."
    )
    lines = [
        *front_matter(str(settings.base), "transformers", task, plan.train, tags),
        f"# {name}",
        "",
        f"Writes questions that a passage answers, in {_languages(plan.train)}. Trained from "
        f"{base_name(settings.base)} with `xqg train generator` (pyserini-xqg {__version__}), recipe "
        f"`{settings.recipe}`.",
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
        *data_section(data, counts, columns, ("dev pairs", "pairs")),
        *([cut, ""] if plan.cut_questions else []),
        *([parallel, ""] if settings.parallel else []),
        *training_section(
            "Cross-entropy of the question's tokens, its end included; the prompt is read and not learned.",
            _settings_rows(settings, plan),
            chosen,
        ),
        *_loss_table(scores, before),
    ]
    return card_text(lines)


def _settings_rows(settings: GeneratorSettings, plan: GeneratorPlan) -> list[tuple[str, object]]:
    lora = (
        f"rank {settings.lora_rank}, alpha {settings.lora_alpha}, dropout {settings.lora_dropout:g}, on "
        f"{', '.join(settings.lora_targets)}; merged into the weights, and beside them in `adapter`"
    )
    return [
        ("steps", f"{plan.steps:,} ({plan.epochs:g} passes over the data)"),
        ("batch", settings.batch_size),
        learning_rate_row(settings),
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


def _loss_table(scores: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
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


def _languages(codes: Mapping[str, Any]) -> str:
    names = [language_name(code) for code in codes]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
