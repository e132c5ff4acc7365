from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput


def write_corpus(folder: Path, sizes: list[int], packed: list[bool], blanks: int) -> list[Passage]:
    """Files of the given sizes, some with blank lines or a byte order mark, in the order of their names."""
    passages: list[Passage] = []
    for number, size in enumerate(sizes):
        here = [Passage(f"d{len(passages) + row}", "ж" * (row * 7 % 11), "t" * (number % 2)) for row in range(size)]
        passages += here
        lines = []
        for row, passage in enumerate(here):
            lines += [b""] if blanks and row % blanks == 0 else []
            values = {"id": passage.id, "text": passage.text, "title": passage.title}
            lines.append(json.dumps(values, ensure_ascii=row % 2 == 0).encode())
        content = (b"\xef\xbb\xbf" if number % 2 else b"") + b"\n".join(lines)
        name = f"part-{number:02}.jsonl"
        if packed[number]:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return passages


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any),
    packed=st.lists(st.booleans(), min_size=5, max_size=5),
    part_size=st.integers(1, 12),
    blanks=st.integers(0, 3),
    data=st.data(),
)
def test_the_parts_put_together_are_the_corpus_in_any_order_and_from_any_part_on(
    sizes: list[int], packed: list[bool], part_size: int, blanks: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        passages = write_corpus(Path(folder), sizes, packed, blanks)
        corpus = Corpus(Path(folder), part_size)
        assert [passage for _, passage in corpus.scan()] == passages
        assert corpus.passages == len(passages)
        assert corpus.empty_passages == sum(not (passage.text or passage.title) for passage in passages)
        number_of_parts = -(-len(passages) // part_size)
        assert corpus.part_count == number_of_parts
        first = data.draw(st.integers(0, number_of_parts + 1))
        parts = [part for _, part in corpus.parts(range(first, number_of_parts))]
        assert len(parts) == max(0, number_of_parts - first)
        assert all(len(part) == part_size for part in parts[:-1])
        assert [passage for part in parts for passage in part] == passages[first * part_size :]
        whole = list(corpus.parts())
        assert [passage for _, part in whole for passage in part] == passages
        assert [corpus.size_of(number) for number, _ in whole] == [len(part) for _, part in whole]
        numbers = data.draw(st.lists(st.integers(0, number_of_parts - 1)))
        assert list(corpus.parts(numbers)) == [whole[number] for number in numbers]


def test_the_fingerprint_is_of_the_names_and_bytes_of_all_files(tmp_path: Path) -> None:
    def fingerprint(content: str, name: str = "a.jsonl") -> str:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        (folder / name).write_text(content)
        (folder / "b.jsonl").write_text('{"id": 2, "text": "y"}\n')
        corpus = Corpus(folder, 1)
        assert len(list(corpus.scan())) == 2
        return corpus.sha256

    content = '{"id": 1, "text": "x"}\n'
    expected = hashlib.sha256(b"a.jsonl" + content.encode() + b'b.jsonl{"id": 2, "text": "y"}\n').hexdigest()
    assert fingerprint(content) == expected
    assert len({expected, fingerprint(content + "\n"), fingerprint(content, "aa.jsonl")}) == 3


def test_a_file_name_need_not_be_utf8(tmp_path: Path) -> None:
    file = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.jsonl"))
    try:
        file.write_text('{"id": 1, "text": "x"}\n')
    except OSError as error:
        pytest.skip(f"this file system takes UTF-8 names only ({error.strerror})")
    corpus = Corpus(tmp_path, 1)
    assert [passage.id for _, passage in corpus.scan()] == ["1"]


@pytest.mark.parametrize("content", ["", "\n\n", "  \r\n\n"])
def test_a_corpus_without_a_passage_is_invalid(tmp_path: Path, content: str) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text(content)
    with pytest.raises(InvalidInput, match=r"corpus\.jsonl: the corpus is empty"):
        list(Corpus(file, 1).scan())


def test_a_fault_is_named_with_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "x"}\n')
    (tmp_path / "b.jsonl").write_text('\n{"id": 2, "text": null}\n')
    with pytest.raises(InvalidInput, match=r"b\.jsonl:2: text is null"):
        list(Corpus(tmp_path, 1).scan())
