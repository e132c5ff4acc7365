from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.cleaning import Cleaner, CleaningSettings
from pyserini_xqg.generation.prompts.instructions import INSTRUCTION
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT

TEXT = "The old bridge over the river was built of stone in 1880, and it stands there still for all to see."
PASSAGE = Passage("d1", TEXT, "Old bridge")


def cleaner(prompt: str | None = PAPER_PROMPT, key: str = "prompt", **settings: float) -> Cleaner:
    return Cleaner(CleaningSettings(**settings), {"generator": "seq2seq", key: prompt})  # type: ignore[arg-type]


def reasons(*texts: str, language: str = "fi", kept: tuple[str, ...] = (), **settings: float) -> dict[str, int]:
    return dict(cleaner(**settings).clean(texts, language, PASSAGE, kept)[1])


def test_queries_keep_their_words_and_lose_their_blanks() -> None:
    queries, dropped = cleaner().clean(["  Missä\tsilta \n on? ", "Kuka\u00a0rakensi sillan?"], "fi", PASSAGE)
    assert queries == ["Missä silta on?", "Kuka rakensi sillan?"]
    assert dropped == {}


@pytest.mark.parametrize("text", ["", " ", "\n", "?", "... !", "—", "\u200b", "🙂"])
def test_what_has_no_letter_and_no_digit_is_empty(text: str) -> None:
    assert reasons(text) == {"empty": 1}


@pytest.mark.parametrize("text", ["7", "ä", "河", "১৯৮৪"])
def test_one_letter_or_digit_is_not_empty(text: str) -> None:
    assert "empty" not in reasons(text, least_script=0)


def test_too_long_is_counted_in_characters_without_spare_blanks() -> None:
    assert reasons("a" * 20, max_characters=20) == {}
    assert reasons("a" * 21, max_characters=20) == {"too_long": 1}
    assert reasons("a  " * 10 + "\n\n", max_characters=20) == {}


@pytest.mark.parametrize("text", ["Where is the bridge?", "Missä bridge over the river", "где мост"])
def test_another_script_or_too_little_of_the_right_one_is_dropped(text: str) -> None:
    assert reasons(text, language="ru" if "где" not in text else "fi") == {"wrong_script": 1}


def test_the_least_share_decides() -> None:
    text = "Где BBC"  # half and half
    assert reasons(text, language="ru", least_script=0.5) == {}
    assert reasons(text, language="ru", least_script=0.6) == {"wrong_script": 1}
    assert reasons("Where", language="ru", least_script=0) == {}


@pytest.mark.parametrize(
    "again",
    [
        "Missä silta on?",
        "missä SILTA on",
        "Missä silta on ?!",
        "Missä silta on？",
        "Ｍissä silta on",
        "Missa\u0308 silta on?",
        "Missä silta on;",
        "Missä silta on…",
    ],
)
def test_case_width_and_final_punctuation_make_no_other_query(again: str) -> None:
    assert reasons("Missä silta on?", again) == {"duplicate": 1}
    assert reasons(again, kept=("Missä silta on?",)) == {"duplicate": 1}


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("el", "Πού είναι ο ποταμός;", "Πού είναι ο ποταμός\u037e"),
        ("hi", "नदी कहाँ है।", "नदी कहाँ है"),
        ("ar", "أين النهر؟", "أين النهر"),
        ("ja", "川はどこ。", "川はどこ？"),
        ("ur", "دریا کہاں ہے۔", "دریا کہاں ہے؟"),
        ("am", "ወንዙ የት ነው፧", "ወንዙ የት ነው።"),
    ],
)
def test_final_punctuation_of_other_scripts_makes_no_other_query_either(language: str, one: str, other: str) -> None:
    assert reasons(one, other, language=language) == {"duplicate": 1}


def test_other_words_and_other_final_letters_are_other_queries() -> None:
    assert reasons("Missä silta on?", "Missä silta oli?", "Milloin silta on?", "C", "C#") == {}


def test_the_first_of_two_is_kept_as_it_was_written() -> None:
    assert cleaner().clean(["MISSÄ silta", "Missä silta?"], "fi", PASSAGE)[0] == ["MISSÄ silta"]


@pytest.mark.parametrize(
    "text",
    [
        "Generate a Finnish question for this passage: Old bridge The old bridge",
        "QUESTION FOR THIS PASSAGE: missä silta on?",
        "Finnish question  for this\npassage: silta",
    ],
)
def test_the_words_of_the_prompt_are_no_query(text: str) -> None:
    assert reasons(text) == {"prompt_echo": 1}


def test_prompts_of_language_models_and_instructions_of_ones_own_count_too() -> None:
    assert cleaner(INSTRUCTION).clean(["One question a line, in Finnish only."], "fi", PASSAGE)[1] == {"prompt_echo": 1}
    own = cleaner("Kirjoita kysymys kielellä {language}.\n{passage}", key="instruction")
    assert own.clean(["Kirjoita kysymys kielellä suomi"], "fi", PASSAGE)[1] == {"prompt_echo": 1}
    assert own.clean(["Generate a question for this passage: x"], "en", PASSAGE)[1] == {}


@pytest.mark.parametrize("text", ["Which question did she ask?", "What is this passage about?", "in Finnish"])
def test_a_few_words_in_common_with_the_prompt_are_no_echo(text: str) -> None:
    assert reasons(text, language="en") == {}


def test_a_dozen_words_of_the_passage_in_a_row_are_an_echo_and_fewer_are_a_query() -> None:
    words = TEXT.split()
    assert reasons(" ".join(words[:12])) == {"prompt_echo": 1}
    assert reasons(" ".join(words[:12]).upper() + "?") == {"prompt_echo": 1}
    assert reasons("Bridge The old " + " ".join(words[2:12])) == {"prompt_echo": 1}  # from the title on
    assert reasons(" ".join(words[:11]), language="en") == {}
    assert reasons(" ".join(reversed(words)), language="en") == {}


def test_a_generator_without_a_prompt_has_no_echo() -> None:
    assert Cleaner(CleaningSettings(), {"generator": "lexicon", "prompt": None}).clean(["a b c"], "fi", PASSAGE) == (
        ["a b c"],
        {},
    )


@pytest.mark.parametrize(
    "mark", ["\u200e", "\u200f", "\u061c", "\u202b", "\u2067", "\ufeff", "\u200b", "\u00ad", "\x1b", "\x00"]
)
def test_characters_that_show_nothing_are_taken_away(mark: str) -> None:
    queries, dropped = cleaner().clean([f"{mark}Missä sil{mark}ta on?{mark}"], "fi", PASSAGE)
    assert (queries, dropped) == (["Missä silta on?"], {})


@pytest.mark.parametrize(
    ("language", "query"), [("fa", "کتاب\u200cخانه کجاست؟"), ("hi", "क्\u200dष कहाँ है?"), ("mn", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ")]
)
def test_what_joins_the_letters_of_a_word_stays(language: str, query: str) -> None:
    assert cleaner(least_script=0).clean([query, f"\u200d{query}\u200c"], language, PASSAGE) == (
        [query],
        {"duplicate": 1},
    )


@pytest.mark.parametrize("lost", ["\ufffd", "\ue000", "\U000f0000", "\ufdd0", "\u0378"])
def test_what_stands_for_a_character_that_was_lost_makes_no_query(lost: str) -> None:
    assert reasons(f"Missä sil{lost}ta on?") == {"garbled": 1}


def test_half_a_character_at_the_end_is_taken_away() -> None:
    assert cleaner().clean(["Missä silta \ufffd\ufffd"], "fi", PASSAGE) == (["Missä silta"], {})


SPECIAL = ["<extra_id_0>", "<pad>", "</s>", "<s>", "<|im_end|>", "<|endoftext|>", "<end_of_turn>", "<unused7>", "[SEP]"]


@pytest.mark.parametrize("token", SPECIAL)
def test_special_tokens_around_a_query_are_taken_away_and_within_make_none(token: str) -> None:
    queries, dropped = cleaner().clean(
        [f"{token} Missä silta on?{token}{token}", f"Missä {token} on?", token], "fi", PASSAGE
    )
    assert (queries, dropped) == (["Missä silta on?"], {"special_token": 1, "empty": 1})


def test_special_tokens_of_the_models_own_tokenizer_are_known_too() -> None:
    own = Cleaner(CleaningSettings(), {"prompt": None}, {"<2fi>", "[query]", "[query:en]"})
    assert own.clean(["<2fi>[query:en] Missä?", "Missä [query] on?"], "fi", PASSAGE) == (
        ["Missä?"],
        {"special_token": 1},
    )
    assert reasons("Missä [query] on?") == {}


@pytest.mark.parametrize("query", ["Mikä on a < b?", "C++ vai C#?", "x <y> z", "[1] Missä?"])
def test_signs_and_brackets_are_no_special_tokens(query: str) -> None:
    assert cleaner().clean([query], "fi", PASSAGE)[0] == [query]


@pytest.mark.parametrize("language", ["sw", "fi", "es", "de", "tr", "vi", "fr", "zu"])
def test_english_is_dropped_where_the_script_does_not_tell(language: str) -> None:
    texts = ["Where is the old bridge over the river?", "Who was the first person to swim across the lake?"]
    assert reasons(*texts, language=language) == {"wrong_language": 2}
    assert reasons(*texts, language=language, other_language=1) == {}
    assert reasons(*texts, language=language, least_script=0) == {}


KEYWORDS = [
    *("Barack Obama Harvard Law School", "Super Bowl 50 Denver Broncos", "The Beatles Yellow Submarine", "NASA"),
    *("Apollo 11 Neil Armstrong", "New York Times", "Windows 95", "John F. Kennedy Dallas"),
]


@pytest.mark.parametrize("language", ["sw", "fi", "es", "de", "tr", "vi", "en"])
def test_names_are_in_every_language(language: str) -> None:
    assert reasons(*KEYWORDS, language=language) == {}


def test_no_cleaning_keeps_all_that_is_not_empty() -> None:
    texts = ["Where is the old bridge?", "где", "где", "  Missä\u200e \ud800 <pad>", "x" * 400, "?", PAPER_PROMPT]
    queries, dropped = cleaner(no_cleaning=True).clean(texts, "fi", PASSAGE, ["где"])
    assert queries == [*texts[:3], "Missä\u200e <pad>", texts[4], PAPER_PROMPT]
    assert dropped == {"empty": 1}


def test_the_first_reason_counts() -> None:
    assert reasons("?" * 300, "где " * 100, "Generate a question for this passage: где") == {
        "empty": 1,
        "too_long": 1,
        "prompt_echo": 1,
    }


def test_reasons_are_counted() -> None:
    texts = ["", "Missä silta", "missä silta", "где", "где", "?", "Kuka"]
    queries, dropped = cleaner().clean(texts, "fi", PASSAGE)
    assert queries == ["Missä silta", "Kuka"]
    assert dropped == {"empty": 2, "wrong_script": 2, "duplicate": 1}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"least_script": -0.1}, "least_script is -0.1: a share, 0 to 1"),
        ({"least_script": 1.5}, "least_script is 1.5: a share"),
        ({"least_script": float("nan")}, "least_script is nan: a share"),
        ({"other_language": 2}, "other_language is 2: a probability, 0 to 1"),
        ({"max_characters": 0}, "max_characters is 0: at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(values: dict[str, float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        CleaningSettings(**values)  # type: ignore[arg-type]


LISTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["Missä silta?", "missä  SILTA", "ﬁ", "İ", "ß", "SS", "Ⅷ;", "x…", "<pad>", "\u200e"]),
    ),
    max_size=8,
)


@given(texts=LISTS, language=st.sampled_from(["fi", "ru", "ja", "mxi"]))
def test_nothing_is_lost_and_what_is_clean_stays(texts: list[str], language: str) -> None:
    clean = cleaner(max_characters=25)
    queries, dropped = clean.clean(texts, language, PASSAGE)
    assert len(queries) + dropped.total() == len(texts)
    assert clean.clean(queries, language, PASSAGE) == (queries, {})
    assert clean.clean(queries, language, PASSAGE, queries) == ([], {"duplicate": len(queries)} if queries else {})
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for text in queries for character in text)
