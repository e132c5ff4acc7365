from __future__ import annotations

from pyserini_xqg.collection.datasets.examples import TrainingExample, fingerprint_examples
from pyserini_xqg.collection.passages import Passage

EXAMPLE = TrainingExample(
    "q1", "Missä?", "fi", (Passage("d1", "text", "title"),), (Passage("d2", "other"),), ("a", "b"), "Where?"
)


def test_the_fingerprint_is_of_all_fields() -> None:
    from dataclasses import replace

    others = [
        replace(EXAMPLE, id="q2"),
        replace(EXAMPLE, question="x"),
        replace(EXAMPLE, language="et"),
        replace(EXAMPLE, negatives=()),
        replace(EXAMPLE, english=None),
    ]
    found = {fingerprint_examples([each]) for each in (EXAMPLE, *others)}
    assert len(found) == 6
    assert fingerprint_examples([EXAMPLE]) == fingerprint_examples([replace(EXAMPLE)])
