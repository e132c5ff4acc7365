"""Plan of a generator's training: counts, steps, memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratorPlan:
    """What a training would do.

    Attributes
    ----------
    train, dev : dict
        By language: ``pairs`` of a passage and a question, different ``passages``, and how many pairs come ``with
        English``.
    left_out : dict
        Why to how many questions and passages.
    cut_questions : dict
        How many questions of train are longer than `output_length` and lose their end, by language.
    generator : str
        ``seq2seq`` or ``causal``, as ``xqg generate --generator`` calls it.
    prompt : str
    steps, checkpoint_every : int
    epochs : float
        Passes over the data that the steps make.
    parameters, trained_parameters : int
    memory_bytes : int
        An estimate, of one device.
    """

    train: dict[str, dict[str, int]]
    dev: dict[str, dict[str, int]]
    left_out: dict[str, int]
    cut_questions: dict[str, int]
    generator: str
    prompt: str
    steps: int
    checkpoint_every: int
    epochs: float
    parameters: int
    trained_parameters: int
    memory_bytes: int
