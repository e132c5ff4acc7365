"""Plan of a retriever's training: counts, steps, memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetrieverPlan:
    """What a training would do.

    Attributes
    ----------
    train, dev : dict
        Counts by language.
    left_out : dict
        Why to how many.
    negatives : int
        That each question gets beside those of the batch.
    dev_passages : int
        That dev is searched in.
    steps_per_epoch, steps : int
    parameters : int
    memory_bytes : int
        An estimate, of one device.
    """

    train: dict[str, dict[str, int]]
    dev: dict[str, dict[str, int]]
    left_out: dict[str, int]
    negatives: int
    dev_passages: int
    steps_per_epoch: int
    steps: int
    parameters: int
    memory_bytes: int
