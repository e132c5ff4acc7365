from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.training.data.batches import Place
from pyserini_xqg.training.distillation import training as distillation
from pyserini_xqg.training.distillation.losses import QuickLoss
from pyserini_xqg.training.distillation.query_likelihood import QuestionPassage, Seq2SeqLikelihood
from pyserini_xqg.training.distillation.quick import QuickTraining, distill_quick
from pyserini_xqg.training.distillation.settings import DistillDataSettings, distill_settings
from tests.conftest import write_lines
from tests.fixtures.training import line, words
from tests.training.distillation.helpers import LENGTHS, knowing_generator, losses


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return knowing_generator(tmp_path_factory.mktemp("models") / "generator")


@pytest.fixture
def settings(steady_model: Path, teacher: Path) -> Callable[..., Any]:
    small = {"base": str(steady_model), "teacher": str(teacher), "batch_size": 8, "negatives": 2, "epochs": 2}
    return lambda **given: distill_settings("quick", {**small, **LENGTHS, "learning_rate": 1e-3}, given)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """Of 19 of the 20 positives, in Finnish and Russian."""
    records = (
        {"id": f"d{number}", "queries": {code: [words(f"{code}{number}-{k}", 4) for k in (0, 1)] for code in codes}}
        for number in range(19)
        for codes in [("fi", "ru", "sw") if number % 2 else ("fi", "ru")]
    )
    return write_lines(tmp_path / "queries.jsonl", records)


def data(*train: Path, dev: Path | None = None, **given: Any) -> DistillDataSettings:
    return DistillDataSettings(tuple(map(str, train)), (str(dev),) if dev else (), **given)


@pytest.mark.slow
def test_twenty_examples_are_learned_by_heart(settings: Callable[..., Any], train_file: Path, tmp_path: Path) -> None:
    same = data(train_file, dev=train_file, leaks="allow")
    chosen = settings(epochs=40, batch_size=20, temperature=10.0)
    before = QuickTraining(same, chosen, "cpu")
    assert before.scorer is not None
    assert before.scorer(before.model)["RR@10"] < 0.4
    manifest = distill_quick(same, tmp_path / "out", chosen, device="cpu")
    found = losses(tmp_path / "out")
    assert found[-1] < 0.5 < 5 < found[0]
    for term in ("contrastive", "divergence"):
        of_term = losses(tmp_path / "out", term)
        assert of_term[-1] < 0.1 * of_term[0]
    assert found[0] == pytest.approx(losses(tmp_path / "out", "contrastive")[0] + of_term[0], abs=1e-3)
    assert manifest.details["dev"]["RR@10"] == 1.0
    assert manifest.details["recipe"] == "quick"
    assert [file.name for file in (tmp_path / "out").iterdir() if file.is_dir()] == ["1_Pooling"]
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    for part in ("`xqg train distill`", "recipe `quick`", "QuiCK", "| teacher | generator |", "original | none |"):
        assert part in card
    assert str(tmp_path) not in card


@pytest.mark.slow
def test_generated_queries_come_to_find_the_passage_too(
    settings: Callable[..., Any], train_file: Path, tmp_path: Path
) -> None:
    asked = [line(number) | {"query": words(f"sw{number}", 4), "query_id": f"g{number}"} for number in range(20)]
    records = [{"id": f"d{number}", "queries": {"sw": [asked[number]["query"]]}} for number in range(20)]
    queries = (str(write_lines(tmp_path / "queries.jsonl", records)),)
    dev = write_lines(tmp_path / "dev.jsonl", asked)
    given = {
        "epochs": 40,
        "batch_size": 20,
        "learning_rate": 3e-3,
        "temperature": 10.0,
        "keep": "last",
        "checkpoint_every": 40,
    }
    scores = {}
    for share in (0.0, 1.0):
        chosen = settings(**given, generated_share=share)
        place = tmp_path / str(share)
        scores[share] = distill_quick(data(train_file, dev=dev, queries=queries), place, chosen, device="cpu")
    assert scores[0.0].details["dev"]["RR@10"] < 0.4
    assert scores[1.0].details["dev"]["RR@10"] > 0.8
    assert "up to 1 |" in (tmp_path / "1.0" / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_teachers_scores_are_those_of_the_questions_own_candidates(
    settings: Callable[..., Any], train_file: Path, teacher: Path, tmp_path: Path
) -> None:
    training = QuickTraining(data(train_file), settings(), "cpu")
    scorer = Seq2SeqLikelihood(model=str(teacher), output_length=64, device="cpu")
    scores = training._scores(scorer, range(4, 7))
    for number, own in zip(range(4, 7), scores, strict=True):
        example = line(number)
        pairs = [
            QuestionPassage(example["query"], example["language"], passage)
            for passage in training.rows.candidates(number)
        ]
        assert own.tolist() == pytest.approx(scorer.score(pairs).tolist(), rel=1e-4)
        assert own.argmax() == 0


def test_more_and_more_questions_are_generated_ones(
    settings: Callable[..., Any], train_file: Path, queries: Path
) -> None:
    epochs = 40
    training = QuickTraining(data(train_file, queries=(str(queries),)), settings(epochs=epochs), "cpu")
    rows = training.rows
    originals = {line(number)["query"] for number in range(20)}

    def replaced(span: range) -> float:
        asked = [rows.asked(Place(epoch, number)).question for epoch in span for number in range(19)]
        return float(np.mean([question not in originals for question in asked]))

    shares = [replaced(range(start, start + 10)) for start in range(0, epochs, 10)]
    assert shares == pytest.approx([0.0625, 0.1875, 0.3125, 0.4375], abs=0.09)
    assert {rows.asked(Place(epoch, 19)).question for epoch in range(epochs)} == {line(19)["query"]}  # it has none
    asked = {rows.asked(Place(epoch, 1)) for epoch in range(epochs)}
    assert {example.language for example in asked} == {"fi", "ru", "sw"}
    own = {example.question for example in asked if example.language == "fi"}
    assert own == {line(1)["query"]}  # generated ones are in other languages
    again = QuickTraining(data(train_file, queries=(str(queries),)), settings(epochs=epochs), "cpu").rows
    places = [Place(epoch, number) for epoch in range(epochs) for number in range(20)]
    assert [rows.asked(place) for place in places] == [again.asked(place) for place in places]
    assert training.more_counts() == {
        "generated": {"examples with some": 19, "without": 1, "queries": {"fi": 20, "ru": 18, "sw": 18}}
    }


@pytest.mark.slow
def test_a_run_stopped_in_any_phase_ends_as_one_that_was_not(
    tiny_model: Path,
    settings: Callable[..., Any],
    train_file: Path,
    dev_file: Path,
    queries: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The student has dropout; checkpoints stand within epochs of three steps.
    chosen = settings(base=str(tiny_model), epochs=5, checkpoint_every=4)
    given = data(train_file, dev=dev_file, queries=(str(queries),))
    monkeypatch.setattr(distillation, "PART", 6)
    monkeypatch.setitem(distillation.in_parts.__kwdefaults__, "size", 6)
    calls = {"scored": 0, "steps": 0}
    score, forward = Seq2SeqLikelihood.score, QuickLoss.forward

    def scoring(self: Any, pairs: Any) -> Any:
        calls["scored"] += 1
        if calls["scored"] == 3:
            raise KeyboardInterrupt
        return score(self, pairs)

    def learning(self: Any, features: Any, labels: Any) -> Any:
        calls["steps"] += 1
        if calls["steps"] == 11:
            raise KeyboardInterrupt
        return forward(self, features, labels)

    with monkeypatch.context() as stopping:
        stopping.setattr(Seq2SeqLikelihood, "score", scoring)
        stopping.setattr(QuickLoss, "forward", learning)
        with pytest.raises(KeyboardInterrupt):
            distill_quick(given, tmp_path / "out", chosen, device="cpu")
        assert len(list((tmp_path / "out.partial" / "teacher").glob("*.npy"))) == 2
        with pytest.raises(UsageError, match=r"temperature was 1\.0, now 2\.0"):
            distill_quick(given, tmp_path / "out", settings(base=str(tiny_model), temperature=2.0), device="cpu")
        with pytest.raises(KeyboardInterrupt):
            distill_quick(given, tmp_path / "out", chosen, device="cpu")
        assert calls == {"scored": 5, "steps": 11}
        progress = json.loads((tmp_path / "out.partial" / "progress.json").read_text(encoding="utf-8"))
        assert progress["notes"]["step"] == 8
        again = distill_quick(given, tmp_path / "out", chosen, device="cpu")
        assert calls == {"scored": 5, "steps": 11 + 7}
    whole = distill_quick(given, tmp_path / "whole", chosen, device="cpu")
    assert again == whole
    for name in ("model.safetensors", "loss.tsv", "dev.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert len(losses(tmp_path / "out")) == 15
    for name in ("other-seed", "other-weight"):
        other = settings(base=str(tiny_model), epochs=5, **({"seed": 1} if name == "other-seed" else {"weight": 0.0}))
        distill_quick(given, tmp_path / name, other, device="cpu")
        model = (tmp_path / name / "model.safetensors").read_bytes()
        assert model != (tmp_path / "whole" / "model.safetensors").read_bytes()


def test_another_teacher_or_other_queries_are_another_run(
    settings: Callable[..., Any], train_file: Path, teacher: Path, queries: Path, tmp_path: Path
) -> None:
    plain = QuickTraining(data(train_file), settings(), "cpu").identity()
    other = tmp_path / "generator"
    shutil.copytree(teacher, other)
    (other / "config.json").write_text((other / "config.json").read_text(encoding="utf-8") + " ", encoding="utf-8")
    changed = QuickTraining(data(train_file), settings(teacher=str(other)), "cpu").identity()
    assert changed["inputs"]["teacher"] != plain["inputs"]["teacher"]
    ids = set()
    for lines in (slice(None), slice(3)):
        kept = tmp_path / "kept.jsonl"
        kept.write_text("\n".join(queries.read_text(encoding="utf-8").splitlines()[lines]), encoding="utf-8")
        ids.add(
            QuickTraining(data(train_file, queries=(str(kept),)), settings(), "cpu").identity()["inputs"]["queries"]
        )
    assert len(ids) == 2


def test_what_cannot_be_taught_is_refused(settings: Callable[..., Any], train_file: Path, tmp_path: Path) -> None:
    without = [{key: value for key, value in line(number).items() if key != "language"} for number in range(4)]
    file = write_lines(tmp_path / "t.jsonl", without)
    with pytest.raises(InvalidInput, match=r"4 questions do not say their language .*--default-language"):
        QuickTraining(data(file), settings(), "cpu")
    QuickTraining(data(file), settings(prompt="Ask: {passage}"), "cpu")
    with pytest.raises(UsageError, match="recipe dr-decr"):
        QuickTraining(data(train_file, parallel=("x",)), settings(), "cpu")
