from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned, read_lines, read_parallel_questions
from pyserini_xqg.collection.datasets.parallel import AlignedSentence, ParallelQuestion
from pyserini_xqg.errors import InvalidInput, MissingInput


def folder(place: Path, code: str, own: str, english: str) -> Path:
    made = place / f"{code}-en"
    made.mkdir()
    (made / f"{code}.txt").write_text(own, encoding="utf-8")
    (made / "en.txt").write_text(english, encoding="utf-8")
    return made


def test_folders_are_read_line_by_line(tmp_path: Path) -> None:
    fi = folder(tmp_path, "fi", "\ufeffmikä?\nmissä\u2028joki\n", "what?\nwhere is the river\n")
    folder(tmp_path, "ru", "что", "what?")
    (tmp_path / "other").mkdir()
    first = [ParallelQuestion("mikä?", "what?", "fi"), ParallelQuestion("missä\u2028joki", "where is the river", "fi")]
    assert read_parallel_questions(fi) == first
    assert read_parallel_questions(tmp_path) == [*first, ParallelQuestion("что", "what?", "ru")]


def test_what_is_no_parallel_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"fi\.txt has 2 lines and en\.txt 1"):
        read_parallel_questions(folder(tmp_path, "fi", "a\nb\n", "a\n"))
    (tmp_path / "fi-en" / "en.txt").unlink()
    with pytest.raises(MissingInput, match=r"en\.txt"):
        read_parallel_questions(tmp_path / "fi-en")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="no folder of parallel questions"):
        read_parallel_questions(tmp_path / "empty")
    with pytest.raises(MissingInput, match="no such folder"):
        read_parallel_questions(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        (tmp_path / "fi-en" / "en.txt").write_bytes(b"\xff\n\xfe\n")
        read_parallel_questions(tmp_path / "fi-en")


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
