from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg import EncoderSettings
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.distillation.dr_decr import DrDecrTraining, distill_dr_decr
from pyserini_xqg.training.distillation.losses import RelevanceLoss, RepresentationLoss
from pyserini_xqg.training.distillation.settings import DistillDataSettings, distill_settings
from pyserini_xqg.training.retriever.settings import retriever_settings
from pyserini_xqg.training.retriever.training import train_retriever
from tests.conftest import make_model, write_lines
from tests.fixtures.training import words
from tests.training.distillation.helpers import LENGTHS, english_line, losses


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, steady_model: Path) -> Path:
    """A retriever that finds the passages of the English questions."""
    place = tmp_path_factory.mktemp("teacher")
    lines = [english_line(number) | {"query": words(f"e{number}", 4), "language": "en"} for number in range(20)]
    file = str(write_lines(place / "english.jsonl", lines))
    chosen = retriever_settings(
        {"base": str(steady_model), "batch_size": 20, "negatives": 2, "epochs": 40, "learning_rate": 1e-3}, LENGTHS
    )
    same = TrainingDataSettings((file,), (file,), leaks="allow")
    manifest = train_retriever(same, place / "retriever", chosen, device="cpu")
    assert manifest.details["dev"]["RR@10"] == 1.0
    return place / "retriever"


@pytest.fixture
def english_file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "train.jsonl", map(english_line, range(20)))


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    """Twelve other pairs, Finnish, of which the last is a question of dev."""
    folder = tmp_path / "parallel" / "fi-en"
    folder.mkdir(parents=True)
    own = [words(f"parallel{number}", 5) for number in range(11)] + [words("q0", 6)]
    (folder / "fi.txt").write_text("\n".join(own) + "\n", encoding="utf-8")
    (folder / "en.txt").write_text("".join(f"{words(f'english{k}', 5)}\n" for k in range(12)), encoding="utf-8")
    return folder.parent


@pytest.fixture
def settings(teacher: Path) -> Callable[..., Any]:
    small = {"base": str(teacher), "teacher": str(teacher), "batch_size": 8, "negatives": 2, "epochs": 2}
    more = {"parallel_epochs": 3, "parallel_batch_size": 8, "learning_rate": 1e-3}
    return lambda **given: distill_settings("dr-decr", {**small, **more, **LENGTHS}, given)


def data(*train: Path, dev: Path | None = None, **given: Any) -> DistillDataSettings:
    return DistillDataSettings(tuple(map(str, train)), (str(dev),) if dev else (), **given)


@pytest.mark.slow
def test_twenty_examples_are_learned_from_the_teacher_alone(
    settings: Callable[..., Any], english_file: Path, teacher: Path, tmp_path: Path
) -> None:
    # No loss of this recipe knows which candidate is the positive.
    same = data(english_file, dev=english_file, leaks="allow")
    sizes = {"batch_size": 20, "parallel_batch_size": 20, "negatives": 39, "checkpoint_every": 20}
    chosen = settings(epochs=40, parallel_epochs=30, learning_rate=3e-3, **sizes)
    before = DrDecrTraining(same, chosen, "cpu")
    assert before.scorer is not None
    assert before.scorer(before.model)["RR@10"] < 0.4
    manifest = distill_dr_decr(same, tmp_path / "out", chosen, device="cpu")
    first, second = losses(tmp_path / "out" / "parallel"), losses(tmp_path / "out")
    assert (len(first), len(second)) == (30, 40)
    assert first[-1] < 0.3 * first[0]
    assert second[-1] < 0.1 * second[0]
    assert manifest.details["dev"]["RR@10"] == 1.0
    assert (manifest.details["recipe"], manifest.details["teacher"]) == ("dr-decr", "retriever")
    assert manifest.counts["english"] == {"their own": 20}
    assert manifest.counts["parallel"] == {"fi": 10, "ru": 10}
    folders = {file.name for file in (tmp_path / "out").iterdir() if file.is_dir()}
    assert folders == {"1_Pooling", "parallel"}
    assert not [file for file in (tmp_path / "out").rglob("*") if file.suffix in (".pt", ".pth", ".bin", ".npy")]
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    for part in ("recipe `dr-decr`", "DR.DECR", "| teacher | retriever |", "| parallel questions, epochs | 20, 30 |"):
        assert part in card


@pytest.mark.slow
def test_questions_of_dev_that_are_dropped_are_no_parallel_questions_either(
    settings: Callable[..., Any], english_file: Path, tmp_path: Path
) -> None:
    leaking = write_lines(tmp_path / "leaking.jsonl", [english_line(3) | {"query_id": "x"}])
    training = DrDecrTraining(data(english_file, dev=leaking, leaks="drop"), settings(parallel_epochs=1), "cpu")
    assert len(training.train.examples) == 19
    assert training.train.left_out == {"question of dev": 1}
    assert len(training.pairs) == 19
    assert english_line(3)["query"] not in {pair.question for pair in training.pairs}
    assert not training.leaks
    with pytest.raises(InvalidInput, match="q3 = x"):
        DrDecrTraining(data(english_file, dev=leaking), settings(parallel_epochs=1), "cpu")


@pytest.mark.slow
def test_the_first_stage_alone_brings_questions_to_the_teachers_vectors(
    settings: Callable[..., Any], english_file: Path, teacher: Path, parallel: Path, tmp_path: Path
) -> None:
    english = [words(f"english{number}", 5) for number in range(11)]
    own = [words(f"parallel{number}", 5) for number in range(11)]
    teachers = TextEncoder(EncoderSettings(str(teacher), query_max_length=16), "cpu")
    aims = teachers.encode(english, "query")
    before = ((teachers.encode(own, "query") - aims) ** 2).mean()
    chosen = settings(
        parallel_epochs=60, parallel_batch_size=31, parallel_learning_rate=2e-3, learning_rate=1e-9, epochs=1
    )
    distill_dr_decr(data(english_file, parallel=(str(parallel),)), tmp_path / "out", chosen, device="cpu")
    student = TextEncoder(EncoderSettings(str(tmp_path / "out"), query_max_length=16), "cpu")
    assert ((student.encode(own, "query") - aims) ** 2).mean() < 0.2 * before
    # What the student makes of English stays where it was.
    assert ((student.encode(english, "query") - aims) ** 2).mean() < 0.1 * before


def test_the_teachers_scores_are_of_the_english_question(
    settings: Callable[..., Any], english_file: Path, teacher: Path
) -> None:
    training = DrDecrTraining(data(english_file), settings(teacher_scale=3.0), "cpu")
    assert training._teacher is not None
    encoder = TextEncoder(EncoderSettings(str(teacher), query_max_length=16, passage_max_length=32), "cpu")
    english = [words(f"e{number}", 4) for number in range(20)]
    scores = training._scores(training._teacher, training._teacher, english, range(2, 5))
    for number, row in zip(range(2, 5), scores, strict=True):
        texts = [f"{passage.title} {passage.text}".strip() for passage in training.rows.candidates(number)]
        vectors = encoder.encode(texts, "passage")
        expected = 3 * vectors @ encoder.encode([english[number]], "query")[0]
        assert row.tolist() == pytest.approx(expected.tolist(), rel=1e-3)
        assert row.argmax() == 0


@pytest.mark.slow
def test_a_run_stopped_in_either_stage_ends_as_one_that_was_not(
    tiny_model: Path,
    settings: Callable[..., Any],
    english_file: Path,
    dev_file: Path,
    parallel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The student has dropout; 31 pairs and 20 examples are 4 and 3 steps an epoch, checkpoints stand within.
    chosen = settings(base=str(tiny_model), parallel_epochs=3, epochs=4, checkpoint_every=5)
    given = data(english_file, dev=dev_file, parallel=(str(parallel),))
    steps = {RepresentationLoss: 0, RelevanceLoss: 0}

    def stopped_at(loss: Any, number: int) -> Any:
        forward = loss.forward

        def counted(self: Any, features: Any, labels: Any) -> Any:
            steps[loss] += 1
            if steps[loss] == number:
                raise KeyboardInterrupt
            return forward(self, features, labels)

        return counted

    def progress(folder: Path) -> Any:
        return json.loads((folder / "progress.json").read_text(encoding="utf-8"))

    with monkeypatch.context() as stopping:
        stopping.setattr(RepresentationLoss, "forward", stopped_at(RepresentationLoss, 8))
        stopping.setattr(RelevanceLoss, "forward", stopped_at(RelevanceLoss, 9))
        with pytest.raises(KeyboardInterrupt):
            distill_dr_decr(given, tmp_path / "out", chosen, device="cpu")
        working = tmp_path / "out.partial"
        assert progress(working / "parallel.partial")["notes"]["step"] == 5
        with pytest.raises(UsageError, match="parallel_epochs was 3, now 4"):
            distill_dr_decr(given, tmp_path / "out", settings(base=str(tiny_model), parallel_epochs=4), device="cpu")
        with pytest.raises(KeyboardInterrupt):
            distill_dr_decr(given, tmp_path / "out", chosen, device="cpu")
        assert steps == {RepresentationLoss: 8 + 7, RelevanceLoss: 9}
        assert progress(working)["notes"]["step"] == 5
        assert progress(working)["notes"]["parallel"]["steps"] == 12
        assert not (working / "parallel.partial").exists()
        again = distill_dr_decr(given, tmp_path / "out", chosen, device="cpu")
        assert steps == {RepresentationLoss: 15, RelevanceLoss: 9 + 7}
    whole = distill_dr_decr(given, tmp_path / "whole", chosen, device="cpu")
    assert again == whole
    for name in ("model.safetensors", "loss.tsv", "dev.tsv", "parallel/loss.tsv", "parallel/dev.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert whole.counts["parallel_left_out"] == {"question of dev": 1}


def test_questions_without_an_english_form_are_left_out(
    settings: Callable[..., Any], parallel: Path, tmp_path: Path
) -> None:
    lines = [english_line(number) for number in range(6)]
    for number in (1, 2, 3):
        del lines[number]["english"]
    lines[2] |= {"query": words("parallel3", 5), "language": "fi"}  # one of the parallel questions
    lines[3] |= {"language": "en"}
    file = write_lines(tmp_path / "some.jsonl", lines)
    training = DrDecrTraining(data(file, parallel=(str(parallel),)), settings(), "cpu")
    forms = {example.id: example.english for example in training.train.examples}
    assert set(forms) == {"q0", "q2", "q3", "q4", "q5"}
    assert (forms["q2"], forms["q3"]) == (words("english3", 5), lines[3]["query"])
    assert training.plan().left_out == {"no English form": 1}
    assert training.plan().train["en"]["questions"] == 1
    counts = training.more_counts()
    assert counts["english"] == {"their own": 3, "parallel questions": 1, "in English": 1}
    assert counts["parallel"] == {"fi": 12 + 1, "ru": 2}  # of dev none are left out, as there is none
    assert training.plan().steps == 2 * 1 + 3 * 2
    for each in lines:
        each.pop("english", None)
    none = write_lines(tmp_path / "none.jsonl", [each for each in lines if each["language"] == "ru"])
    with pytest.raises(InvalidInput, match="has an English form"):
        DrDecrTraining(data(none), settings(), "cpu")


def test_an_english_form_from_the_parallel_questions_can_be_a_leak(
    settings: Callable[..., Any], parallel: Path, tmp_path: Path
) -> None:
    known = english_line(1) | {"query": words("parallel3", 5), "language": "fi"}
    del known["english"]
    train = write_lines(tmp_path / "train.jsonl", [english_line(0), known])
    dev = write_lines(tmp_path / "dev.jsonl", [english_line(2) | {"query_id": "dev", "english": words("e0", 4)}])
    with pytest.raises(InvalidInput, match="q0 = dev"):
        DrDecrTraining(data(train, dev=dev, parallel=(str(parallel),)), settings(), "cpu")


def test_a_teacher_of_another_dimension_ranks_but_has_no_vectors_to_reach(
    settings: Callable[..., Any], english_file: Path, tmp_path: Path
) -> None:
    wide = make_model(tmp_path / "wide", hidden=48, layers=1)
    with pytest.raises(UsageError, match=r"teacher wide have 48 dimensions .* 32.*--parallel-epochs 0"):
        DrDecrTraining(data(english_file), settings(teacher=str(wide)), "cpu")
    ranks = settings(teacher=str(wide), parallel_epochs=0)
    manifest = distill_dr_decr(data(english_file), tmp_path / "out", ranks, device="cpu")
    assert manifest.details["steps"] == 6
    assert not (tmp_path / "out" / "parallel").exists()
    assert "mean square" not in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_estimate_is_of_the_stage_that_takes_more_memory(settings: Callable[..., Any], english_file: Path) -> None:
    def memory(**given: Any) -> int:
        return DrDecrTraining(data(english_file), settings(**given), "cpu").plan().memory_bytes

    plain = memory()
    assert memory(parallel_epochs=0) == plain
    large = {size: memory(parallel_batch_size=size) for size in (1000, 2000)}
    parameters = 20 * sum(
        each.numel() for each in DrDecrTraining(data(english_file), settings(), "cpu").model.parameters()
    )
    assert large[2000] - parameters == 2 * (large[1000] - parameters) > plain


def test_generated_queries_are_not_of_this_recipe(settings: Callable[..., Any], english_file: Path) -> None:
    with pytest.raises(UsageError, match="recipe quick"):
        DrDecrTraining(data(english_file, queries=("q",)), settings(), "cpu")
