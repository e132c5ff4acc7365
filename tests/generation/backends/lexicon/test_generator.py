from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, UsageError
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator, SenseChooser
from tests.conftest import write_lines
from tests.generation.backends.lexicon.dict_format import write_dictionary

FINNISH = {
    "bank": "1. pankki\n2. ranta, penger",
    "bread": "leipä",
    "bridge": "silta",
    "city": "kaupunki",
    "king": "kuningas",
    "money": "raha",
    "mountain": "vuori",
    "river": "joki, virta",
    "river bank": "joenranta, penger",
    "stone": "kivi",
    "water": "vesi",
}
RUSSIAN = {
    "bridge": "мост",
    "river": "река",
    "stone": "камень, penger",
    "king": "король",
    "river bank": "penger, берег",
}
PASSAGES = [
    Passage("d0", "The king of the city built a bridge of stone over the river. The bridge stands.", "Bridge"),
    Passage("d1", "Bread and water. Water!"),
    Passage("d2", "In 1911 Marta Lindqvist climbed the mountain."),
    Passage("d3", "nothing that the dictionaries know"),
    Passage("d4", "The bank of the river, the river bank, and money in the bank."),
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    records = ({"id": passage.id, "title": passage.title, "text": passage.text} for passage in PASSAGES)
    return write_lines(tmp_path / "corpus.jsonl", records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_dictionary(tmp_path / "dictionaries", "freedict-eng-fin", FINNISH)
    write_dictionary(tmp_path / "dictionaries", "freedict-eng-rus", RUSSIAN, packed=False)
    return tmp_path / "dictionaries"


@pytest.fixture(scope="module")
def encoder(tiny_sentence_model: Path) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")


def write(
    generator: LexiconGenerator, n: int = 3, language: str = "fi", passages: list[Passage] = PASSAGES
) -> list[list[str]]:
    return generator.generate(passages, language, n, 0, lambda _: None)


def test_queries_are_translations_of_the_weightiest_terms(corpus: Path, folder: Path) -> None:
    bridge, bread, mountain, nothing, _ = write(LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=2), 3)
    assert bridge == ["silta kuningas", "silta kuningas kaupunki kivi", "silta kuningas kaupunki kivi joki"]
    assert bread == ["vesi leipä"]
    assert mountain == ["1911 Marta", "1911 Marta Lindqvist vuori"]
    assert nothing == []


@pytest.mark.parametrize("terms", [1, 2, 3, 50])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_each_query_goes_on_from_the_one_before(corpus: Path, folder: Path, terms: int, n: int) -> None:
    for queries in write(LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=terms), n):
        assert len(queries) <= n
        words = [query.split() for query in queries]
        assert [len(query) for query in words[:-1]] == [terms * (place + 1) for place in range(len(words) - 1)]
        for shorter, longer in pairwise(words):
            assert longer[: len(shorter)] == shorter
            assert len(shorter) < len(longer) <= len(shorter) + terms


def test_more_queries_begin_with_the_fewer(corpus: Path, folder: Path) -> None:
    generator = LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=1)
    few, many = write(generator, 2), write(generator, 5)
    assert [queries[:2] for queries in many] == few
    assert len(many[0]) == 5


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Parallel questions in Finnish: who and when."""
    lines = {"en": ["Who was {}?", "When was {}?"], "fi": ["Kuka {}?", "Milloin {}?"]}
    folder = tmp_path / "questions" / "fi-en"
    folder.mkdir(parents=True)
    for name, forms in lines.items():
        texts = [form.format(f"x{number}") for form in forms for number in range(12)]
        (folder / f"{name}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder.parent


def test_keywords_are_dressed_as_questions_of_one_kind_after_the_other(
    corpus: Path, folder: Path, questions: Path
) -> None:
    bare = LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=1)
    dressed = LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=1, questions=questions)
    for keywords, asked in zip(write(bare), write(dressed), strict=True):
        frames = ["Kuka {}?", "Milloin {}?", "Kuka {}?"]
        assert asked == [frame.format(each) for frame, each in zip(frames, keywords, strict=False)]
    assert dressed.settings == {**bare.settings, "dressed": True}
    assert dressed.inputs.keys() - bare.inputs.keys() == {"frames.fi"}


def test_languages_without_questions_are_named(corpus: Path, folder: Path, questions: Path) -> None:
    with pytest.raises(MissingInput, match=r"no questions in Russian \(there are some in fi\); a folder ru-en"):
        LexiconGenerator(corpus, ["fi", "ru"], dictionaries=folder, questions=questions)
    (questions / "fi-en" / "en.txt").write_text("Rome\n" * 24, encoding="utf-8")
    with pytest.raises(InvalidInput, match="questions, Finnish: no question words were found"):
        LexiconGenerator(corpus, ["fi"], dictionaries=folder, questions=questions)


def test_the_title_counts(corpus: Path, folder: Path) -> None:
    generator = LexiconGenerator(corpus, ["fi"], dictionaries=folder)
    assert write(generator, 1, passages=[Passage("x", "", "Stone")]) == [["kivi"]]


def test_languages_have_dictionaries_of_their_own(corpus: Path, folder: Path) -> None:
    generator = LexiconGenerator(corpus, ["fi", "ru"], dictionaries=folder, terms=1)
    assert generator.languages == {"fi", "ru"}
    assert set(generator.inputs) == {"dictionary.fi", "dictionary.ru"}
    assert write(generator, 1, "ru")[0] == ["мост"]
    assert write(generator, 1, "fi")[0] == ["silta"]


def test_it_does_not_sample_and_tells_of_every_passage(corpus: Path, folder: Path) -> None:
    generator = LexiconGenerator(corpus, ["fi"], dictionaries=folder)
    told: list[int] = []
    first = generator.generate(PASSAGES, "fi", 3, 0, told.append)
    assert told == [1] * len(PASSAGES)
    assert (generator.samples, generator.reproducible) == (False, True)
    assert generator.generate(PASSAGES, "fi", 3, 99, told.append) == first
    alone = [generator.generate([passage], "fi", 3, 0, told.append)[0] for passage in reversed(PASSAGES)]
    assert alone[::-1] == first


def test_the_first_sense_is_taken_without_an_encoder(corpus: Path, folder: Path) -> None:
    generator = LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=9)
    assert generator.settings["encoder"] is None
    assert "pankki" in write(generator, 1)[4][0].split()


@pytest.mark.parametrize("wanted", ["pankki", "ranta", "penger"])
def test_the_sense_nearest_to_the_topic_is_taken(encoder: TextEncoder, folder: Path, wanted: str) -> None:
    dictionary = Dictionary(folder / "freedict-eng-fin.index")
    senses = dictionary.senses("bank")
    chooser = SenseChooser(encoder, ["the bank of the river"], [dictionary])
    assert chooser.best(senses, encoder.encode([wanted], "query")[0]) == wanted


def test_senses_that_are_not_judged_are_the_first(encoder: TextEncoder, folder: Path) -> None:
    dictionary = Dictionary(folder / "freedict-eng-fin.index")
    chooser = SenseChooser(encoder, ["the river"], [dictionary])
    assert chooser.best(dictionary.senses("bank"), encoder.encode(["ranta"], "query")[0]) == "pankki"
    assert chooser.best(("leipä",), encoder.encode(["ranta"], "query")[0]) == "leipä"


def test_only_the_first_eight_senses_are_judged(encoder: TextEncoder, tmp_path: Path) -> None:
    names = [f"sana{letter}" for letter in "abcdefghi"]
    dictionary = Dictionary(write_dictionary(tmp_path, "eng-fin", {"word": "; ".join(names)}))
    chooser = SenseChooser(encoder, ["word"], [dictionary])
    found = {chooser.best(dictionary.senses("word"), encoder.encode([name], "query")[0]) for name in names}
    assert found == set(names[:8])


def test_a_topic_is_the_sum_by_weight_of_what_is_known_less_what_all_words_share(
    encoder: TextEncoder, folder: Path
) -> None:
    from pyserini_xqg.generation.backends.lexicon.terms import Term

    chooser = SenseChooser(encoder, ["river bridge"], [Dictionary(folder / "freedict-eng-fin.index")])
    weighted = [(Term("River", "river"), 3.0), (Term("bridge", "bridge"), 1.0), (Term("joki", None), 9.0)]
    vectors = encoder.encode(["river", "bridge"], "query")
    expected = np.array([3, 1], dtype=np.float32) @ (vectors - vectors.mean(axis=0))
    np.testing.assert_allclose(chooser.topic(weighted), expected, atol=1e-5)
    assert not chooser.topic([]).any()


def test_a_language_is_written_the_same_whatever_others_are_opened(
    encoder: TextEncoder, corpus: Path, folder: Path
) -> None:
    alone = LexiconGenerator(corpus, ["fi"], encoder=encoder, dictionaries=folder, terms=9)
    both = LexiconGenerator(corpus, ["fi", "ru"], encoder=encoder, dictionaries=folder, terms=9)
    assert write(alone, 2) == write(both, 2)
    assert write(alone, 2)[4] != []


def test_an_encoder_by_name_is_that_encoder(
    encoder: TextEncoder, tiny_sentence_model: Path, corpus: Path, folder: Path
) -> None:
    named = LexiconGenerator(corpus, ["fi"], encoder=str(tiny_sentence_model), dictionaries=folder, device="cpu")
    given = LexiconGenerator(corpus, ["fi"], encoder=encoder, dictionaries=folder)
    assert write(named) == write(given)
    assert named.settings == given.settings
    assert named.settings["encoder"]["model"] == str(tiny_sentence_model)
    assert named.settings["encoder_fingerprint"]


@pytest.mark.parametrize("shown", [True, False])
def test_the_encoding_of_the_translations_is_shown(
    shown: bool, encoder: TextEncoder, corpus: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_generator("lexicon", corpus, ["fi"], show_progress=shown, encoder=encoder, dictionaries=folder)
    assert ("encoding translations: 100%" in capsys.readouterr().err) is shown


@pytest.mark.slow
def test_the_real_encoder_takes_the_sense_that_the_passage_has(e5_model: Path, tmp_path: Path) -> None:
    passages = [
        Passage("river", "The bank of the river, where the boat lands and water floods the shore."),
        Passage("money", "The bank lends money to the customer, takes a loan and pays the interest."),
    ]
    corpus = write_lines(tmp_path / "c.jsonl", ({"id": passage.id, "text": passage.text} for passage in passages))
    # Words that are not translated here still say what a passage is about.
    others = dict.fromkeys(("river", "boat", "water", "shore", "money", "customer", "loan", "interest"), "x")
    write_dictionary(tmp_path, "eng-fin", {"bank": "1. pankki\n2. joenranta", **others})
    write_dictionary(tmp_path, "eng-deu", {"bank": "Ufer, Geldinstitut", **others})
    generator = LexiconGenerator(
        corpus, ["fi", "de"], encoder=str(e5_model), dictionaries=tmp_path, terms=50, device="cpu"
    )
    assert [queries[0].replace("x", "").strip() for queries in write(generator, 1, "fi", passages)] == [
        "joenranta",
        "pankki",
    ]
    assert [queries[0].replace("x", "").strip() for queries in write(generator, 1, "de", passages)] == [
        "Ufer",
        "Geldinstitut",
    ]


def test_what_it_lacks_is_said_when_it_is_made(corpus: Path, folder: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="no dictionary from English to Telugu"):
        LexiconGenerator(corpus, ["fi", "te"], dictionaries=folder)
    with pytest.raises(UsageError, match="terms is 0: at least 1"):
        LexiconGenerator(corpus, ["fi"], dictionaries=folder, terms=0)
    (folder / "freedict-eng-rus.dict").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"are the \.index and the \.dict beside it whole"):
        LexiconGenerator(corpus, ["ru"], dictionaries=folder)
