"""Learning curves: the loss and the scores on dev, step by step, as data and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

LOSS, DEV, PICTURE = "loss.tsv", "dev.tsv", "loss.svg"
COLORS = ("#4878a8", "#6a9a58", "#8a6bb0")
# Of a longer curve, means of neighbouring steps are drawn.
POINTS = 1000
# What the trainer writes of every step; the terms of a loss that has some stand beside it.
OF_A_STEP = {"step", "epoch", "loss", "learning_rate", "grad_norm"}
# What the trainer writes beside the measures.
NO_MEASURES = {"dev", "runtime", "samples_per_second", "steps_per_second", "loss"}


def dev_scores(history: Iterable[Mapping[str, float]], measures: Sequence[str]) -> dict[int, dict[str, float]]:
    """Step to measure (``RR@10``, ``RR@10 fi``) to value, in the order of `measures`.

    The history's own order is not that: a run that went on has it from a file that is sorted by name.
    """

    def place(name: str) -> tuple[int, str]:
        measure, _, language = name.partition(" ")
        return measures.index(measure), language

    scored = {
        int(each["step"]): {name.removeprefix("eval_"): each[name] for name in each if name.startswith("eval_")}
        for each in history
        if "eval_dev" in each
    }
    return {
        step: {name: values[name] for name in sorted(values.keys() - NO_MEASURES, key=place)}
        for step, values in scored.items()
    }


def write_curves(
    history: Sequence[Mapping[str, float]], folder: Path, measures: Sequence[str] = (), same_axis: bool = False
) -> None:
    """Write ``loss.tsv``, ``loss.svg`` and, where dev was scored, ``dev.tsv``.

    Parameters
    ----------
    history : sequence of dict
        The trainer's. Terms of the loss become columns and lines of their own.
    folder : Path
    measures : sequence of str
        Of dev; the first one is drawn.
    same_axis : bool
        Draw the figure of dev, a loss, on the axis of the loss; else on one of its own, from 0 to 1.
    """
    losses = [each for each in history if "loss" in each]
    terms = sorted(losses[0].keys() - OF_A_STEP) if losses else []
    lines = ["\t".join(["step", "epoch", "loss", "learning_rate", "gradient_norm", *terms]) + "\n"]
    lines += [
        f"{int(each['step'])}\t{each['epoch']:.4f}\t{each['loss']:.6g}\t{each['learning_rate']:.6g}\t"
        f"{each.get('grad_norm', float('nan')):.6g}" + "".join(f"\t{each[term]:.6g}" for term in terms) + "\n"
        for each in losses
    ]
    (folder / LOSS).write_text("".join(lines), encoding="utf-8")
    scores = dev_scores(history, measures)
    if scores:
        rows = (
            f"{step}\t{name.partition(' ')[0]}\t{name.partition(' ')[2] or 'mean'}\t{value:.6f}\n"
            for step, values in scores.items()
            for name, value in values.items()
        )
        (folder / DEV).write_text("step\tmeasure\tlanguage\tvalue\n" + "".join(rows), encoding="utf-8")
    _draw(losses, terms, scores, measures, folder / PICTURE, same_axis)


def _draw(
    losses: Sequence[Mapping[str, float]],
    terms: Sequence[str],
    scores: Mapping[int, Mapping[str, float]],
    measures: Sequence[str],
    file: Path,
    same_axis: bool,
) -> None:
    matplotlib: Any = import_module("matplotlib")
    figure_module: Any = import_module("matplotlib.figure")
    # Text as text, and the same bytes for the same figures.
    with matplotlib.rc_context({"svg.hashsalt": "xqg", "svg.fonttype": "none"}):
        figure = figure_module.Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        steps = [each["step"] for each in losses]
        width = max(1, len(steps) // POINTS)
        for name, color in zip(("loss", *terms), COLORS, strict=False):
            values = [each[name] for each in losses]
            means = [fmean(values[start : start + width]) for start in range(0, len(values), width)]
            axes.plot(steps[::width], means, color=color, linewidth=1, label=name)
        axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
        if scores:
            values = [each[measures[0]] for each in scores.values()]
            label = f"{measures[0]} on dev"
            right = axes if same_axis else axes.twinx()
            right.plot([*scores], values, color="#c05020", marker="o", markersize=3, label=label)
            if not same_axis:
                right.set(ylabel=label, ylim=(0, 1))
        if terms or (scores and same_axis):
            axes.legend()
        figure.savefig(file, format="svg", metadata={"Date": None})
