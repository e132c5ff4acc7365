from __future__ import annotations

from pathlib import Path

from pyserini_xqg.training.common.cards import base_name, card_text, data_section, front_matter, training_section
from pyserini_xqg.training.data.settings import TrainingDataSettings


def test_a_base_that_is_a_folder_has_its_name_only(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    assert (base_name(str(tmp_path / "tiny")), base_name("org/model")) == ("tiny", "org/model")
    hub = front_matter("org/model", "transformers", "text-generation", ["fi"], ["a", "b"])
    assert hub[:4] == ["---", "library_name: transformers", "pipeline_tag: text-generation", 'base_model: "org/model"']
    assert hub[4:] == ['language: ["en", "fi"]', "tags: [a, b]", "---", ""]
    here = front_matter(str(tmp_path / "tiny"), "transformers", "text-generation", ["fi"], ["a", "b"])
    assert here == [line for line in hub if not line.startswith("base_model")]


def test_the_data_are_a_table_by_language() -> None:
    counts = {
        "train": {"ru": {"questions": 1000, "positives": 2}, "und": {"questions": 1}},
        "dev": {"fi": {"questions": 7}},
        "left_out": {"no positive": 3, "repeated": 0},
        "leaks": {"ids": 0, "passages": 2},
    }
    columns = {"questions": "questions", "right passages": "positives"}
    data = TrainingDataSettings(("x/a.jsonl", "b"), ("dev.jsonl",))
    assert data_section(data, counts, columns, ("dev questions", "questions")) == [
        "## Data",
        "",
        "Train: `a.jsonl`, `b`. Dev: `dev.jsonl`.",
        "",
        "| language | questions | right passages | dev questions |",
        "|---|--:|--:|--:|",
        "| Finnish (fi) | 0 | 0 | 7 |",
        "| Russian (ru) | 1,000 | 2 | 0 |",
        "| not given | 1 | 0 | 0 |",
        "",
        "Left out: no positive 3.",
        "",
        "Common to train and dev: passages 2.",
        "",
    ]
    alone = data_section(
        TrainingDataSettings(("a",)), counts | {"left_out": {}, "leaks": {"ids": 0}, "dev": {}}, columns, ("d", "q")
    )
    assert alone[2] == "Train: `a`. No dev set."
    assert alone[-2:] == ["| not given | 1 | 0 | 0 |", ""]


def test_a_card_ends_with_one_line_feed() -> None:
    text = card_text([*training_section("A loss.", [("batch", 8)], "the last checkpoint"), ""])
    assert text.startswith(
        "## Training\n\nA loss.\n\n| | |\n|---|---|\n| batch | 8 |\n\nThe model is the last checkpoint."
    )
    assert text.endswith("`settings.toml`.\n")
