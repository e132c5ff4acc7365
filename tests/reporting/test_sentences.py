from __future__ import annotations

from copy import deepcopy

from pyserini_xqg.reporting.sentences import Name, Sentence, joined, sentence


def test_a_sentence_is_its_text_and_knows_its_names() -> None:
    names = joined([Name("a"), Name("b")], " and ")
    said = sentence("{} has {}, as {} have.", Name("x"), "4.0", names)
    assert said == "x has 4.0, as a and b have."
    assert [part for part in said.parts if isinstance(part, Name)] == ["x", "a", "b"]
    assert "".join(said.parts) == said
    assert (joined([]), joined([]).parts) == ("", ())


def test_a_copy_knows_them_too() -> None:
    said: Sentence = deepcopy(sentence("of {}", Name("x")))
    assert (said, said.parts) == ("of x", ("of ", "x"))
    assert isinstance(said.parts[1], Name)
