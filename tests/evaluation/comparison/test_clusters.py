from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import ClusterSizes, find_clusters, without_language

ASKED = {"fi": ["fi:1", "fi:2", "fi:3"], "sw": ["sw:1", "sw:2"], "zh": ["zh-TW:3", "zh:4"]}


@pytest.mark.parametrize(
    ("identifier", "language", "expected"),
    [
        ("fi:12", "fi", "12"),
        ("fi/q-7", "fi", "q-7"),
        ("12-fi", "fi", "12"),
        ("12-de-fi", "fi", "12-de"),
        ("abc_12.sw", "sw", "abc_12"),
        ("zh-TW:9", "zh", "9"),
        ("pt_BR-9", "pt", "9"),
        ("9-zh_cn", "zh", "9"),
        ("fin|4", "fi", "4"),
        ("fi:4", "Finnish", "4"),
        ("ru:4", "all", "4"),
        # No language, or another one.
        ("ru:4", "fi", "ru:4"),
        ("q-4", "fi", "q-4"),
        ("fi4", "fi", "fi4"),
        ("q1:4", "all", "q1:4"),
        ("fi:", "fi", "fi:"),
    ],
)
def test_the_language_is_taken_off_an_id(identifier: str, language: str, expected: str) -> None:
    assert without_language(identifier, language) == expected


def test_translations_go_together() -> None:
    found = find_clusters(ASKED)
    assert found.by == "question"
    assert found.of["fi:1"] == found.of["sw:1"] != found.of["fi:2"] == found.of["sw:2"]
    assert found.of["zh-TW:3"] == found.of["fi:3"]
    assert found.sizes(ASKED) == ClusterSizes("question", 4, 7, 2)
    assert {language: of.tolist() for language, of in found.numbers(ASKED).items()} == {
        "fi": [0, 1, 2],
        "sw": [0, 1],
        "zh": [2, 3],
    }


def test_questions_of_a_passage_go_together_with_their_translations() -> None:
    # 1 and 2 have d1 in common in Finnish, 2 and 4 d2 in Swahili and Chinese; 0 is not relevant.
    qrels = {"fi:1": {"d1": 1}, "fi:2": {"d1": 2}, "sw:2": {"d2": 1}, "zh:4": {"d2": 1}, "fi:3": {"d1": 0}}
    found = find_clusters(ASKED, qrels)
    assert found.by == "passage"
    assert len({found.of[each] for each in ("fi:1", "sw:1", "fi:2", "sw:2", "zh:4")}) == 1
    assert found.of["fi:3"] == found.of["zh-TW:3"] != found.of["fi:1"]
    assert found.sizes(ASKED) == ClusterSizes("passage", 2, 7, 5)
    assert find_clusters(ASKED, qrels, "question").of == find_clusters(ASKED).of
    with pytest.raises(UsageError, match="need qrels"):
        find_clusters(ASKED, by="passage")


def test_each_question_alone() -> None:
    assert find_clusters(ASKED, by="none").sizes(ASKED) == ClusterSizes("none", 7, 7, 1)


def test_clusters_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "clusters.tsv"
    file.write_text(
        "\ufefffi:1\ta\r\nfi:2\ta\n\nfi:3\tb\nsw:1\tb\nsw:2\tb\nzh-TW:3\tc d\nzh:4\tc d\nother\tx\n", encoding="utf-8"
    )
    found = find_clusters(ASKED, {"fi:1": {"d": 1}}, str(file))
    assert found.sizes(ASKED) == ClusterSizes(str(file), 3, 7, 3)
    for text, fragment in (
        ("fi:1\ta\n", "no cluster of 6 questions (fi:2, fi:3, sw:1, ...)"),
        ("fi:1 a\n", "line 1: 'fi:1 a'"),
        ("fi:1\ta\tb\n", "line 1"),
        ("fi:1\t \n", "line 1"),
        ("fi:1\ta\nfi:1\tb\n", "line 2: fi:1 was in another cluster before"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput) as caught:
            find_clusters(ASKED, None, file)
        assert str(file) in str(caught.value) and fragment in str(caught.value)
    with pytest.raises(MissingInput, match=r"no file passages; question, passage, none"):
        find_clusters(ASKED, None, "passages")


def test_what_has_to_be_said_of_clusters() -> None:
    assert ClusterSizes("question", 30, 60, 2).warning == ""
    assert "12 clusters are few" in ClusterSizes("question", 12, 60, 5).warning
    assert "one cluster holds 20 of 60" in ClusterSizes("passage", 41, 60, 20).warning
    # Few questions are few whatever their clusters are.
    assert ClusterSizes("none", 3, 3, 1).warning == ""
