from __future__ import annotations

from typing import Any

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"similarities": ("l2",)}, "similarity is 'l2'"),
        ({"similarities": ()}, "no similarity"),
        ({"subsets": ("each-left-out",)}, "subset is 'each-left-out'"),
        ({"aggregate": "max"}, "aggregate is 'max'"),
        ({"alphas": ()}, "no alpha"),
        ({"alphas": (1.5,)}, "alpha is 1.5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AlignmentSettings(**settings)
