from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned, read_lines
from pyserini_xqg.collection.datasets.parallel import AlignedSentence, parallel_text
from pyserini_xqg.errors import InvalidInput, MissingInput


def test_sentences_are_there_once_on_the_english_side() -> None:
    text = parallel_text(
        {
            "fi": [("river", "joki"), ("stone", "kivi"), ("river", "virta"), ("tree", " puu ")],
            "sw": [("tree", "mti"), ("", "jiwe"), ("river", "mto"), ("stone", " ")],
        }
    )
    assert [(p.id, p.text) for p in text.english] == [("s0", "river"), ("s1", "stone"), ("s2", "tree")]
    assert text.pairs == {
        "fi": [AlignedSentence(0, "joki"), AlignedSentence(1, "kivi"), AlignedSentence(2, "puu")],
        "sw": [AlignedSentence(2, "mti"), AlignedSentence(0, "mto")],
    }
    assert text.left_out == {"duplicate": {"fi": 1}, "empty": {"sw": 2}}
    assert list(text.only(["Swahili"]).pairs) == ["sw"]
    with pytest.raises(InvalidInput, match="no sentences in ru; there are fi, sw"):
        text.only(["ru"])


def test_a_language_without_a_choice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 pairs of sentences in fi"):
        parallel_text({"fi": [("river", "joki"), ("river", "virta")]})
    with pytest.raises(InvalidInput, match="no language beside English"):
        parallel_text({})


def test_languages_share_an_english_file_or_have_their_own(tmp_path: Path) -> None:
    for name, lines in {
        "en.txt": "river\nstone\n",
        "en-ru.txt": "king\r\nriver",
        "fi.txt": "joki\nkivi\n",
        "ru.txt": "король\nрека\n",
    }.items():
        (tmp_path / name).write_bytes(lines.encode())
    files = {None: tmp_path / "en.txt", "Russian": tmp_path / "en-ru.txt"}
    text = read_line_aligned(files, [("fi", tmp_path / "fi.txt"), ("ru", tmp_path / "ru.txt")])
    assert [passage.text for passage in text.english] == ["river", "stone", "king"]
    assert text.pairs == {
        "fi": [AlignedSentence(0, "joki"), AlignedSentence(1, "kivi")],
        "ru": [AlignedSentence(2, "король"), AlignedSentence(0, "река")],
    }
    with pytest.raises(InvalidInput, match="no English file goes with fi"):
        read_line_aligned({"ru": tmp_path / "en-ru.txt"}, [("fi", tmp_path / "fi.txt")])
    with pytest.raises(InvalidInput, match="fi is there twice"):
        read_line_aligned(files, [("fi", tmp_path / "fi.txt"), ("Finnish", tmp_path / "fi.txt")])


def test_files_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "en").write_text("a\nb\n\n")
    (tmp_path / "fi").write_text("c\nd\n")
    with pytest.raises(InvalidInput, match=r"fi has 2 lines and .*en has 3"):
        read_line_aligned({None: tmp_path / "en"}, [("fi", tmp_path / "fi")])


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    text = "\ufeffone\u2028still one\r\n\ntwo\x0c\n"
    (tmp_path / "plain").write_bytes(text.encode())
    with gzip.open(tmp_path / "packed.gz", "wb") as handle:
        handle.write(text.encode())
    for name in ("plain", "packed.gz"):
        assert read_lines(tmp_path / name) == ["one\u2028still one", "", "two\x0c"]


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes("Missä".encode("latin-1"))
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"river\n" * 99)[:-9])
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_lines(tmp_path / "latin")
    with pytest.raises(InvalidInput, match="damaged gzip"):
        read_lines(tmp_path / "broken.gz")
    with pytest.raises(MissingInput, match="cannot be read"):
        read_lines(tmp_path / "none")
