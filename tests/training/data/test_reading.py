from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.data.reading import read_dev_corpus, read_train_and_dev
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import CheckedExamples
from tests.conftest import write_lines
from tests.fixtures.training import dev_line, line


def test_train_and_dev_are_read_and_checked(train_file: Path, dev_file: Path, tmp_path: Path) -> None:
    data = TrainingDataSettings((str(train_file),))
    train, dev, leaks = read_train_and_dev(data, None, "und")
    assert (len(train.examples), dev, bool(leaks)) == (20, None, False)
    finnish, _, _ = read_train_and_dev(data, ["fi"], "und")
    assert {each.language for each in finnish.examples} == {"fi"}
    both = TrainingDataSettings(
        (str(train_file), str(write_lines(tmp_path / "t2.jsonl", [line(30)]))), (str(dev_file),)
    )
    train, dev, leaks = read_train_and_dev(both, None, "und")
    assert dev is not None
    assert (len(train.examples), len(dev.examples), leaks.passages) == (21, 20, 20)
    _, dev, _ = read_train_and_dev(both, None, "und", dev_languages=["ru"])
    assert dev is not None and {each.language for each in dev.examples} == {"ru"}


def test_questions_without_passages_are_of_use_in_dev_only_if_said(train_file: Path, tmp_path: Path) -> None:
    bare = write_lines(tmp_path / "bare.jsonl", [dev_line(0) | {"positive_passages": []}])
    data = TrainingDataSettings((str(train_file),), (str(bare),))
    with pytest.raises(InvalidInput, match=r"bare\.jsonl: 1 questions and no passage that answers one"):
        read_train_and_dev(data, None, "und")
    _, dev, _ = read_train_and_dev(data, None, "und", dev_needs_positives=False)
    assert dev is not None and len(dev.examples) == 1


def test_leaks_are_looked_for_in_what_is_trained_on(train_file: Path, tmp_path: Path) -> None:
    dev_file = write_lines(tmp_path / "leaky.jsonl", [line(0), dev_line(1)])
    data = TrainingDataSettings((str(train_file),), (str(dev_file),))
    with pytest.raises(InvalidInput, match="questions of dev have the same id"):
        read_train_and_dev(data, None, "und")

    def without_it(train: CheckedExamples, dev: CheckedExamples | None) -> CheckedExamples:
        assert dev is not None
        return CheckedExamples([each for each in train.examples if each.id != "q0"], train.languages, train.left_out)

    train, _, leaks = read_train_and_dev(data, None, "und", complete=without_it)
    assert (len(train.examples), bool(leaks)) == (19, False)


@pytest.mark.parametrize("layout", ["a folder a language", "one folder"])
def test_files_that_count_their_questions_from_0_in_every_language_share_none(tmp_path: Path, layout: str) -> None:
    files = []
    for language, split, says in (("en", "train", {}), ("fi", "dev", {}), ("ru", "dev", {"language": "ru"})):
        folder = tmp_path / (language if layout == "a folder a language" else "mr-tydi")
        folder.mkdir(exist_ok=True)
        lines = [
            {
                "query_id": str(number),
                "query": f"{language} {number}",
                "positive_passages": [{"docid": f"{language}{number}", "text": f"{language} text {number}"}],
                **says,
            }
            for number in range(5)
        ]
        files.append(write_lines(folder / f"{language}-{split}.jsonl", lines))
    for dev in files[1:]:
        train, _, leaks = read_train_and_dev(TrainingDataSettings((files[0],), (dev,), leaks="drop"), None, "und")
        assert (len(train.examples), leaks.counts["ids"]) == (5, 0)
        read_train_and_dev(TrainingDataSettings((files[0],), (dev,)), None, "und")


def test_the_corpus_of_dev_is_read(train_file: Path, tmp_path: Path) -> None:
    corpus = write_lines(
        tmp_path / "corpus.jsonl", [{"id": "d1", "title": "t", "text": "a"}, {"id": "d2", "text": "b"}]
    )
    assert list(read_dev_corpus(TrainingDataSettings((str(train_file),)))) == []
    found = read_dev_corpus(TrainingDataSettings((str(train_file),), dev_corpus=str(corpus)))
    assert [(each.id, each.title, each.text) for each in found] == [("d1", "t", "a"), ("d2", "", "b")]
