"""Conditions of the demo: what is held side by side, and what each is held against.

A question is asked of an index with the queries of its own language alone: a language's index.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyserini_xqg.indexing.settings import AugmentationSettings, Control

PLAIN, AUGMENTED, SHUFFLED, MEAN, HUBNESS, BOTH = "plain", "augmented", "shuffled", "mean", "hubness", "both"

# Each a control, and the condition whose gain it is held against.
CONTROLS = ((SHUFFLED, AUGMENTED), (MEAN, AUGMENTED), (HUBNESS, BOTH))

# The share of the mean query direction that is taken out.
REDUCED = 0.5


def conditions(alpha: float, language: str) -> Mapping[str, AugmentationSettings]:
    """Name to the settings of a language's index, the plain one aside, which is one for all languages.

    Parameters
    ----------
    alpha : float
        Weight of the mean of a passage's queries; vectors get unit length afterwards.
    language : str
        Whose queries count.
    """

    def settings(weight: float, hubness: float = 0.0, control: Control | None = None) -> AugmentationSettings:
        return AugmentationSettings(
            weight, "mean", (language,), normalize=True, reduce_hubness=hubness, control=control
        )

    return {
        AUGMENTED: settings(alpha),
        SHUFFLED: settings(alpha, control="shuffled"),
        MEAN: settings(alpha, control="mean"),
        HUBNESS: settings(0.0, REDUCED),
        BOTH: settings(alpha, REDUCED),
    }
