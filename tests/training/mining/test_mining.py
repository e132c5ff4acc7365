"""Mining in a corpus whose right answers are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg import EncoderSettings, XqgIndexBuilder
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.storage import parts
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.mining import steps as mining_steps
from pyserini_xqg.training.mining.mining import Mining, mine
from pyserini_xqg.training.mining.recipes import mine_negatives, mine_sentri
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from tests.conftest import write_lines
from tests.fixtures.training import words

ANSWERS = ["zorbak", "quimel", "Fant, Ovi", "hulu mor", "d'erban"]
PASSAGES = 30


def passage(number: int) -> dict[str, str]:
    """Passages 0 to 4 hold the answer of the question with their number, 5 to 9 too, the others none or a part."""
    text = words(f"p{number}", 9)
    if number < 10:
        text = f"{text} {ANSWERS[number % 5].upper()} {words(f'more{number}', 3)}"
    elif number < 15:
        text = f"{text} x{ANSWERS[number % 5]}x"
    return {"id": f"p{number}", "text": text} | ({"title": words(f"t{number}", 2)} if number % 4 == 0 else {})


def question(number: int) -> dict[str, Any]:
    """XOR-TyDi's form."""
    answers = ["yes"] if number == 5 else [ANSWERS[number]]
    return {
        "id": f"q{number}",
        "question": words(f"q{number}", 4),
        "answers": answers,
        "lang": "fi" if number else "ru",
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_lines(folder / "a.jsonl", map(passage, range(17)))
    write_lines(folder / "b.jsonl", map(passage, range(17, PASSAGES)))
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "questions.jsonl", map(question, range(6)))


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """The questions with a positive, passage 0 to 4 under another id."""
    lines = [
        {
            "query_id": f"q{number}",
            "query": words(f"q{number}", 4),
            "positive_passages": [passage(number) | {"id": f"gold{number}"}],
            "negative_passages": [],
            "answers": [ANSWERS[number]],
        }
        for number in range(5)
    ]
    return write_lines(tmp_path / "gold.jsonl", lines)


def rankings(model: Path) -> list[list[tuple[str, float]]]:
    """Every passage for each question, by nothing but inner products."""
    encoder = TextEncoder(EncoderSettings(str(model)), "cpu")
    texts = [f"{each.get('title', '')} {each['text']}".strip() for each in map(passage, range(PASSAGES))]
    scores = (
        encoder.encode([question(number)["question"] for number in range(6)], "query")
        @ encoder.encode(texts, "passage").T
    )
    return [[(f"p{row}", float(own[row])) for row in np.argsort(-own, kind="stable")] for own in scores]


def mined(folder: Path) -> dict[str, TrainingExample]:
    return {example.id: example for example in read_examples(folder / "train.jsonl")}


def ids(passages: Any) -> list[str]:
    return [each.id for each in passages]


def test_sentri_finds_the_passages_that_hold_the_answer(
    steady_model: Path, corpus: Path, questions: Path, tmp_path: Path
) -> None:
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    manifest = mine_sentri(inputs, tmp_path / "out", str(steady_model), device="cpu", negatives=100)
    found = mined(tmp_path / "out")
    assert list(found) == [f"q{number}" for number in range(5)]
    for number, ranking in enumerate(rankings(steady_model)[:5]):
        order = [name for name, _ in ranking]
        right = {f"p{number}", f"p{number + 5}"}
        assert ids(found[f"q{number}"].positives) == [name for name in order if name in right]
        assert ids(found[f"q{number}"].negatives) == [name for name in order if name not in right]
    example = found["q4"]
    assert (example.language, example.answers) == ("fi", ("d'erban",))
    assert {each.id: each.text for each in (*example.positives, *example.negatives)} == {
        f"p{number}": passage(number)["text"] for number in range(PASSAGES)
    }
    titles = {each.id: each.title for each in example.negatives}
    assert (titles["p8"], titles["p10"]) == (passage(8)["title"], "")
    assert manifest.kind == "training-data"
    assert manifest.counts["questions"] == 5
    assert manifest.counts["left_out"] == {"no answer to look for": 1}
    assert manifest.counts["languages"]["ru"] == {
        "asked": 1,
        "questions": 1,
        "positives": 2,
        "negatives": 28,
        "new positives": 2,
        "new negatives": 28,
    }
    assert manifest.counts["languages"]["fi"]["left out"] == {"no answer to look for": 1}
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["train.jsonl", "xqg.json"]
    assert not (tmp_path / "out.partial").exists()


def test_only_what_is_among_the_first_is_looked_at(
    steady_model: Path, corpus: Path, questions: Path, tmp_path: Path
) -> None:
    expected = {}
    for number, ranking in enumerate(rankings(steady_model)[:5]):
        first = [name for name, _ in ranking[:6]]
        right = [name for name in first if name in (f"p{number}", f"p{number + 5}")]
        if right:
            expected[f"q{number}"] = (right[:1], [name for name in first if name not in right][:3])
    assert 0 < len(expected) < 5  # the data are chosen so
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    manifest = mine_sentri(inputs, tmp_path / "out", str(steady_model), device="cpu", depth=6, positives=1, negatives=3)
    found = {name: (ids(each.positives), ids(each.negatives)) for name, each in mined(tmp_path / "out").items()}
    assert found == expected
    assert manifest.counts["left_out"]["no positive"] == 5 - len(expected)


@pytest.mark.parametrize("kind", ["relative", "absolute", "none"])
def test_negatives_of_the_retriever_keep_away_from_the_positive(
    kind: str, steady_model: Path, corpus: Path, gold: Path, tmp_path: Path
) -> None:
    inputs = MiningInputs(questions=(str(gold),), corpus=str(corpus))
    manifest = mine_negatives(
        inputs, tmp_path / "out", str(steady_model), device="cpu", negatives=100, margin=0.1, margin_kind=kind
    )
    found = mined(tmp_path / "out")
    too_near = 0
    for number, ranking in enumerate(rankings(steady_model)[:5]):
        positive = dict(ranking)[f"p{number}"]
        limit = {"relative": positive - 0.1 * abs(positive), "absolute": positive - 0.1, "none": np.inf}[kind]
        others = [each for each in ranking if each[0] not in (f"p{number}", f"p{number + 5}")]
        expected = [name for name, score in others if score <= limit]
        too_near += len(others) - len(expected)
        assert ids(found[f"q{number}"].positives) == [f"gold{number}"]
        assert ids(found[f"q{number}"].negatives) == expected
    assert (too_near > 0) == (kind != "none")
    assert manifest.counts["passed_over"].get("too near to the positive", 0) == too_near
    assert manifest.counts["passed_over"]["has an answer"] == 5


def test_the_score_of_a_positive_that_was_not_found_counts(steady_model: Path, corpus: Path, tmp_path: Path) -> None:
    """The positive is in no corpus, so its score is computed."""
    text = words("elsewhere", 7)
    line = {"query_id": "q", "query": words("q0", 4), "positive_passages": [{"docid": "far", "text": text}]}
    asked = write_lines(tmp_path / "asked.jsonl", [line])
    inputs = MiningInputs(questions=(str(asked),), corpus=str(corpus))
    mine_negatives(inputs, tmp_path / "out", str(steady_model), device="cpu", negatives=100, margin=0.0)
    encoder = TextEncoder(EncoderSettings(str(steady_model)), "cpu")
    score = float(encoder.encode([words("q0", 4)], "query")[0] @ encoder.encode([text], "passage")[0])
    expected = [name for name, each in rankings(steady_model)[0] if each <= score]
    assert 0 < len(expected) < PASSAGES
    assert ids(mined(tmp_path / "out")["q"].negatives) == expected


def test_an_index_that_is_there_is_searched_and_stays(
    steady_model: Path, corpus: Path, questions: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    XqgIndexBuilder(EncoderSettings(str(steady_model)), device="cpu").build(corpus, None, index)
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus), index=str(index))
    mine_sentri(inputs, tmp_path / "with", device="cpu")
    mine_sentri(
        MiningInputs(questions=(str(questions),), corpus=str(corpus)), tmp_path / "out", str(steady_model), device="cpu"
    )
    assert (tmp_path / "with" / "train.jsonl").read_bytes() == (tmp_path / "out" / "train.jsonl").read_bytes()
    assert {"index", "docid", "xqg.json"} <= {file.name for file in index.iterdir()}
    with pytest.raises(UsageError, match="leave --encoder out"):
        Mining(inputs, mining_settings({"recipe": "sentri"}), str(steady_model), device="cpu")
    other = write_lines(tmp_path / "other.jsonl", [{"id": f"x{number}", "text": "river"} for number in range(3)])
    with pytest.raises(InvalidInput, match="of another corpus"):
        mine_sentri(
            MiningInputs(questions=(str(questions),), corpus=str(other), index=str(index)),
            tmp_path / "no",
            device="cpu",
        )


class Cut(Exception):
    """The end of a run, at a place that the test chose."""


def cut_before(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    stock = parts.write_atomically

    def write(place: Path, text: str) -> None:
        if place.name == file:
            raise Cut(file)
        stock(place, text)

    monkeypatch.setattr(parts, "write_atomically", write)


@pytest.mark.parametrize("place", ["found-000001.jsonl", "scores-000000.jsonl", "scores-000002.jsonl"])
def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bytes(
    place: str, steady_model: Path, corpus: Path, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mining_steps, "SEARCH_PART", 2)
    inputs = MiningInputs(questions=(str(gold),), corpus=str(corpus))
    mine_negatives(inputs, tmp_path / "whole", str(steady_model), device="cpu")
    with monkeypatch.context() as patch:
        cut_before(patch, place)
        with pytest.raises(Cut):
            mine_negatives(inputs, tmp_path / "cut", str(steady_model), device="cpu")
    kept = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cut.partial" / "work").glob("*-*.jsonl")}
    with pytest.raises(UsageError, match=r"mining\.depth was 50, now 7"):
        mine_negatives(inputs, tmp_path / "cut", str(steady_model), device="cpu", depth=7)
    with monkeypatch.context() as patch:
        # Of the parts that were there none is written again.
        stock = parts.write_atomically

        def write(place: Path, text: str) -> None:
            assert place.name not in kept
            stock(place, text)

        patch.setattr(parts, "write_atomically", write)
        mine_negatives(inputs, tmp_path / "cut", str(steady_model), device="cpu")
    for name in ("train.jsonl", "xqg.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "cut.partial").exists()


def test_a_run_that_was_stopped_in_its_last_moment_is_finished(
    steady_model: Path, corpus: Path, gold: Path, tmp_path: Path
) -> None:
    inputs = MiningInputs(questions=(str(gold),), corpus=str(corpus))
    manifest = mine_negatives(inputs, tmp_path / "out", str(steady_model), device="cpu")
    (tmp_path / "out").rename(tmp_path / "out.partial")
    identity = {"settings": manifest.settings, "inputs": manifest.inputs}
    progress = {"identity": identity, "notes": {"looked_up": True}}
    (tmp_path / "out.partial" / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
    assert mine_negatives(inputs, tmp_path / "out", str(steady_model), device="cpu") == manifest
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["train.jsonl", "xqg.json"]


def test_what_is_there_is_not_made_again_and_not_replaced(
    steady_model: Path, corpus: Path, questions: Path, tmp_path: Path
) -> None:
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    first = mine_sentri(inputs, tmp_path / "out", str(steady_model), device="cpu")
    written = (tmp_path / "out" / "train.jsonl").stat().st_mtime_ns
    assert mine_sentri(inputs, tmp_path / "out", str(steady_model), device="cpu") == first
    assert (tmp_path / "out" / "train.jsonl").stat().st_mtime_ns == written
    write_lines(corpus / "c.jsonl", [{"id": "new", "text": "river"}])
    with pytest.raises(UsageError, match="corpus was"):
        mine_sentri(inputs, tmp_path / "out", str(steady_model), device="cpu")
    assert (tmp_path / "out" / "train.jsonl").stat().st_mtime_ns == written


def test_a_plan_counts_and_writes_nothing(steady_model: Path, corpus: Path, questions: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    plan = Mining(inputs, mining_settings({"recipe": "sentri"}), str(steady_model), device="cpu").plan(tmp_path / "out")
    assert (plan.searched, plan.passages, plan.readings) == (5, PASSAGES, 0)
    assert plan.questions["fi"]["questions"] == 5
    assert plan.not_searched == {"no answer to look for": 1}
    assert plan.index_bytes == PASSAGES * 32 * 4
    assert plan.seconds > 0
    assert sorted(tmp_path.rglob("*")) == before


def test_questions_without_answers_keep_the_positives_they_have(
    steady_model: Path, corpus: Path, gold: Path, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    lines[1]["answers"] = ["no"]
    write_lines(gold, lines)
    manifest = mine_sentri(
        MiningInputs(questions=(str(gold),), corpus=str(corpus)), tmp_path / "out", str(steady_model), device="cpu"
    )
    found = mined(tmp_path / "out")
    assert (ids(found["q1"].positives), ids(found["q1"].negatives)) == (["gold1"], [])
    assert ids(found["q2"].positives) == ["gold2", "p7"]
    assert len(found["q2"].negatives) == 7
    assert manifest.counts["not_searched"] == {"no answer to look for": 1}
    assert manifest.counts["left_out"] == {}


def test_settings_that_cannot_be_are_refused(steady_model: Path, corpus: Path, questions: Path, tmp_path: Path) -> None:
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    with pytest.raises(UsageError, match="no recipe is named"):
        mining_settings({})
    with pytest.raises(UsageError, match="one of sentri, cora, negatives"):
        mining_settings({"recipe": "dragon"})
    with pytest.raises(UsageError, match="give --reader"):
        mining_settings({"recipe": "cora"})
    with pytest.raises(UsageError, match="leave --reader out"):
        mining_settings({"recipe": "sentri", "reader": "r"})
    for bad in ({"depth": 0}, {"negatives": -1}, {"margin": -0.1}):
        with pytest.raises(UsageError, match=f"{next(iter(bad))} is"):
            mining_settings({"recipe": "sentri", **bad})
    with pytest.raises(UsageError, match="no retriever to search with"):
        mine_sentri(inputs, tmp_path / "out", device="cpu")
    with pytest.raises(InvalidInput, match="no positive 6"):
        mine_negatives(inputs, tmp_path / "out", str(steady_model), device="cpu")
    with pytest.raises(InvalidInput, match="no question got a positive"):
        mine(
            MiningInputs(questions=(str(_unanswered(tmp_path)),), corpus=str(corpus)),
            tmp_path / "none",
            mining_settings({"recipe": "sentri"}),
            str(steady_model),
            device="cpu",
        )
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "none.partial").exists()


def _unanswered(folder: Path) -> Path:
    return write_lines(folder / "unanswered.jsonl", [question(1) | {"answers": ["nowhere"]}])


def test_an_augmented_index_has_no_margin(
    steady_model: Path, corpus: Path, gold: Path, queries_of_corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "augmented"
    XqgIndexBuilder(EncoderSettings(str(steady_model)), device="cpu").build(corpus, queries_of_corpus, index)
    inputs = MiningInputs(questions=(str(gold),), corpus=str(corpus), index=str(index))
    with pytest.raises(UsageError, match="is augmented"):
        mine_negatives(inputs, tmp_path / "out", device="cpu")
    manifest = mine_negatives(inputs, tmp_path / "out", device="cpu", margin_kind="none")
    assert Manifest.read(tmp_path / "out") == manifest


@pytest.fixture
def queries_of_corpus(tmp_path: Path) -> Path:
    lines = [{"id": f"p{number}", "queries": {"fi": [words(f"g{number}", 4)]}} for number in range(PASSAGES)]
    return write_lines(tmp_path / "generated.jsonl", lines)


@pytest.mark.parametrize("step", ["search", "look_up"])
def test_a_corpus_that_changes_during_mining_stops_it(
    tiny_model: Path, corpus: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    take = getattr(mining_steps.MiningSteps, step)

    def change_and_take(*arguments: Any) -> None:
        with (corpus / "b.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps({"id": "new", "text": "zorbak"}) + "\n")
        take(*arguments)

    monkeypatch.setattr(mining_steps.MiningSteps, step, change_and_take)
    inputs = MiningInputs(questions=(questions,), corpus=corpus)
    with pytest.raises(XqgError, match="corpus has changed since this run began"):
        mine(inputs, tmp_path / "out", mining_settings({"recipe": "sentri"}), str(tiny_model), device="cpu")
    assert not (tmp_path / "out").exists()
