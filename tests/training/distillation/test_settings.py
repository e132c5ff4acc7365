from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.distillation.settings import DistillDataSettings, distill_settings


@pytest.mark.parametrize(
    ("recipe", "given", "said"),
    [
        ("quick", {"weight": -1.0}, "weight"),
        ("quick", {"generated_share": 1.5}, "generated_share"),
        ("quick", {"temperature": 0.0}, "temperature"),
        ("quick", {"negatives": 0}, "nothing to be compared with"),
        ("quick", {"recipe": "xdr"}, "quick"),
        ("quick", {"parallel_epochs": 1}, "no setting is called parallel_epochs"),
        ("dr-decr", {"parallel_epochs": -1}, "parallel_epochs"),
        ("dr-decr", {"parallel_batch_size": 0}, "parallel_batch_size"),
        ("dr-decr", {"teacher_scale": 0.0}, "teacher_scale"),
        ("dr-decr", {"parallel_learning_rate": 0.0}, "parallel_learning_rate"),
        ("xdr", {}, "quick, dr-decr"),
    ],
)
def test_what_cannot_be_is_refused(recipe: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        distill_settings(recipe, {"base": "m", "teacher": "t"}, given)


def test_the_defaults_are_the_papers_where_they_say() -> None:
    quick = distill_settings("quick", {"base": "m", "teacher": "t"})
    assert (quick.recipe, quick.temperature, quick.negatives) == ("quick", 1.0, 7)
    other = distill_settings("dr-decr", {"base": "m", "teacher": "t"})
    assert (other.recipe, other.temperature) == ("dr-decr", 2.0)
    with pytest.raises(UsageError, match="teacher"):
        distill_settings("dr-decr", {"base": "m"})
    with pytest.raises(UsageError, match="queries_corpus"):
        DistillDataSettings(("t",), queries_corpus="c")
