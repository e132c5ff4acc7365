from __future__ import annotations

import pytest

from pyserini_xqg.collection.datasets.parallel import AlignedSentence, parallel_text
from pyserini_xqg.errors import InvalidInput


def test_sentences_are_there_once_on_the_english_side() -> None:
    text = parallel_text(
        {
            "fi": [("river", "joki"), ("stone", "kivi"), ("river", "virta"), ("tree", " puu ")],
            "sw": [("tree", "mti"), ("", "jiwe"), ("river", "mto"), ("stone", " ")],
        }
    )
    assert [(p.id, p.text) for p in text.english] == [("s0", "river"), ("s1", "stone"), ("s2", "tree")]
    assert text.pairs == {
        "fi": [AlignedSentence(0, "joki"), AlignedSentence(1, "kivi"), AlignedSentence(2, "puu")],
        "sw": [AlignedSentence(2, "mti"), AlignedSentence(0, "mto")],
    }
    assert text.left_out == {"duplicate": {"fi": 1}, "empty": {"sw": 2}}
    assert list(text.only(["Swahili"]).pairs) == ["sw"]
    with pytest.raises(InvalidInput, match="no sentences in ru; there are fi, sw"):
        text.only(["ru"])


def test_a_language_without_a_choice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 pairs of sentences in fi"):
        parallel_text({"fi": [("river", "joki"), ("river", "virta")]})
    with pytest.raises(InvalidInput, match="no language beside English"):
        parallel_text({})
