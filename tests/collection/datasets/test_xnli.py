from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.parallel import AlignedSentence
from pyserini_xqg.collection.datasets.xnli import read_xnli
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError

XNLI = Path(__file__).parents[4] / "shared" / "data" / "xnli"
ENGLISH = [("The river rose.", "It rained."), ("The river rose.", "It was dry."), ("He was king.", "He ruled.")]
FINNISH = [("Joki nousi.", "Satoi."), ("Joki nousi.", "Oli kuivaa."), ("Hän oli kuningas.", "Hän hallitsi.")]
# Made up; a hypothesis that says just what the premise says must not become its query.
GERMAN = [
    ("Der Fluss stieg.", "Es regnete."),
    ("Der Fluss stieg.", "Der Fluss stieg."),
    ("Er war König.", "Er herrschte."),
]
HEADER = "language\tgold_label\tsentence1\tsentence2\tpairID"


def by_language(folder: Path, header: str = "") -> Path:
    for name, rows in (("en", ENGLISH), ("fi", FINNISH), ("de", GERMAN)):
        lines = [f"{premise}\t{hypothesis}\tneutral" for premise, hypothesis in rows]
        (folder / f"dev-{name}.tsv").write_text("\n".join([*([header] if header else []), *lines]) + "\n")
    return folder


def below_each_other(file: Path) -> Path:
    lines = [HEADER]
    for name, rows in (("fi", FINNISH), ("en", ENGLISH), ("de", GERMAN)):
        numbered = [(number, *row) for number, row in enumerate(rows)]
        for number, premise, hypothesis in reversed(numbered) if name == "fi" else numbered:
            lines.append(f"{name}\tneutral\t{premise}\t{hypothesis}\t{number}")
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.mark.parametrize("form", ["files", "files with a header", "one file"])
def test_both_published_forms_of_rows_are_the_same_text(form: str, tmp_path: Path) -> None:
    if form == "one file":
        path = below_each_other(tmp_path / "xnli.dev.tsv")
    else:
        path = by_language(tmp_path, "premise\thypo\tlabel" if "header" in form else "")
    premises = read_xnli(path)
    assert [passage.text for passage in premises.english] == ["The river rose.", "He was king."]
    assert premises.pairs["fi"] == [AlignedSentence(0, "Joki nousi."), AlignedSentence(1, "Hän oli kuningas.")]
    assert premises.left_out["duplicate"] == {"fi": 1, "de": 1}
    assert premises.related == {
        "s0": {"fi": ["Satoi.", "Oli kuivaa."], "de": ["Es regnete."]},
        "s1": {"fi": ["Hän hallitsi."], "de": ["Er herrschte."]},
    }
    hypotheses = read_xnli(path, "hypothesis")
    assert [pair.text for pair in hypotheses.pairs["de"]] == ["Es regnete.", "Der Fluss stieg.", "Er herrschte."]
    assert hypotheses.related == {}


def test_the_15_way_file_has_a_column_a_language(tmp_path: Path) -> None:
    file = tmp_path / "xnli.15way.orig.tsv"
    file.write_text('de\ten\tfi\nDer "Fluss.\tThe "river.\tJoki\nEin Baum.\tA tree.\tPuu\n')
    text = read_xnli(file)
    assert [passage.text for passage in text.english] == ['The "river.', "A tree."]
    assert text.pairs == {
        "de": [AlignedSentence(0, 'Der "Fluss.'), AlignedSentence(1, "Ein Baum.")],
        "fi": [AlignedSentence(0, "Joki"), AlignedSentence(1, "Puu")],
    }


def test_a_folder_of_several_splits_needs_the_name_of_one(tmp_path: Path) -> None:
    by_language(tmp_path)
    for name in ("en", "fi"):
        (tmp_path / f"test-{name}.tsv").write_text("a\tb\tneutral\nc\td\tneutral\n")
    with pytest.raises(UsageError, match="files of dev, test: name one"):
        read_xnli(tmp_path)
    assert list(read_xnli(tmp_path, split="test").pairs) == ["fi"]
    with pytest.raises(MissingInput, match=r"train-en\.tsv"):
        read_xnli(tmp_path, split="train")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "neither XNLI 1.0"),
        ("premise\thypothesis\nx\ty\n", "neither XNLI 1.0"),
        ("de\tfi\na\tb\n", "neither XNLI 1.0"),
        ("de\ten\na\tb\nc\n", ":3: 1 columns; the header's 2"),
        (f"{HEADER}\nen\tneutral\ta\n", ":2: 3 columns; the 5"),
        (f"{HEADER}\nen\tn\ta\tb\t1\nfi\tn\tc\td\t2\n", "fi has not the pairs of English"),
    ],
)
def test_other_files_are_refused(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.tsv").write_text(content)
    with pytest.raises(InvalidInput, match=message):
        read_xnli(tmp_path / "file.tsv")


def test_folders_that_are_not_xnli_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"dev-en\.tsv and files of other languages"):
        read_xnli(tmp_path)
    by_language(tmp_path)
    (tmp_path / "dev-fi.tsv").write_text("a\tb\tneutral\n")
    with pytest.raises(InvalidInput, match="1 rows in fi and 3 in English"):
        read_xnli(tmp_path)
    (tmp_path / "dev-fi.tsv").write_text("a sentence alone\n")
    with pytest.raises(InvalidInput, match=r"dev-fi\.tsv:1: premise, hypothesis and label"):
        read_xnli(tmp_path)
    with pytest.raises(MissingInput):
        read_xnli(tmp_path / "none.tsv")
    with pytest.raises(UsageError, match="premise or hypothesis"):
        read_xnli(tmp_path, "label")


@pytest.mark.skipif(not XNLI.exists(), reason="XNLI's files are not here")
def test_the_published_files() -> None:
    premises = read_xnli(XNLI)
    assert len(premises.english) == 830
    assert {len(pairs) for pairs in premises.pairs.values()} == {830} and len(premises.pairs) == 14
    assert set(Counter(len(of["sw"]) for of in premises.related.values())) <= {2, 3}
    for language, pairs in premises.pairs.items():
        own = {premises.english[pair.row].id: pair.text for pair in pairs}
        assert not [id for id, of in premises.related.items() if own[id] in of.get(language, ())]
    assert len(read_xnli(XNLI, "hypothesis").english) == 2490


def test_two_ways_to_write_one_language_are_refused_and_none_is_lost(tmp_path: Path) -> None:
    by_language(tmp_path)
    for name in ("no", "nb"):
        (tmp_path / f"dev-{name}.tsv").write_bytes((tmp_path / "dev-fi.tsv").read_bytes())
    with pytest.raises(InvalidInput, match="the language no is there twice, as nb and as no"):
        read_xnli(tmp_path)
    long = below_each_other(tmp_path / "xnli.dev.tsv")
    lines = long.read_text().splitlines()
    again = [line.replace("fi\t", "fin\t", 1) for line in lines if line.startswith("fi\t")]
    long.write_text("\n".join([*lines, *again]) + "\n")
    with pytest.raises(InvalidInput, match=r"xnli\.dev\.tsv: the language fi is there twice, as fi and as fin"):
        read_xnli(long)
    wide = tmp_path / "wide.tsv"
    wide.write_text("en\tzh-TW\tzh\na\tb\tc\nd\te\tf\n")
    with pytest.raises(InvalidInput, match=r"wide\.tsv: the language zh is there twice, as zh-TW and as zh"):
        read_xnli(wide)
