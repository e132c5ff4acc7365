from __future__ import annotations

import unicodedata
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.collection.datasets.parallel import parallel_text
from pyserini_xqg.collection.passages import Passage, passage_key
from pyserini_xqg.collection.unicode import composed

FORMS = ("NFC", "NFD")
WORDS = "한국의 수도는 어디입니까? Missä Niger alkaa? Ёжик в тумане; বাংলা, がぎぐ Việt Nam"


@given(st.text())
def test_the_forms_of_a_text_are_one_and_a_composed_text_stays(text: str) -> None:
    found = {composed(unicodedata.normalize(form, text)) for form in FORMS} | {composed(text)}
    assert found == {composed(composed(text))}


@given(st.text(), st.text())
def test_texts_that_are_joined_are_one_in_both_forms(left: str, right: str) -> None:
    forms = product([unicodedata.normalize(form, left) for form in FORMS], [composed(right), right])
    assert len({composed(a + b) for a, b in forms}) == 1


def test_passages_and_english_sentences_in_two_forms_are_the_same() -> None:
    apart = unicodedata.normalize("NFD", WORDS)
    assert apart != WORDS
    assert passage_key(Passage("d1", apart)) == passage_key(Passage("d2", WORDS))
    text = parallel_text({"fi": [(apart, "a"), ("b", "b"), (WORDS, "c")]})
    assert [passage.text for passage in text.english] == [apart, "b"]
    assert text.left_out["duplicate"] == {"fi": 1}


def test_only_one_module_knows_the_form() -> None:
    """NFKC folds for comparisons, and is another matter."""
    package = Path(__file__).parents[2] / "pyserini_xqg"
    found = {str(file.relative_to(package)) for file in package.rglob("*.py") if '"NFC"' in file.read_text("utf-8")}
    assert found == {"collection/unicode.py"}
