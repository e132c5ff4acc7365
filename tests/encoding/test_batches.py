from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.encoding.batches import Tokenizer, batches_of
from tests.conftest import sentence

TEXTS = [*(sentence(number, 1 + number * 5 % 40) for number in range(30)), "", "[SEP] joki", "x" * 200, "Ä ö"]
OTHERS = [sentence(60 + number, 1 + number % 7) for number in range(len(TEXTS))]


def opened(model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


@pytest.mark.parametrize("model", ["tiny_model", "byte_model"])
@pytest.mark.parametrize("length", [5, 64])
@pytest.mark.parametrize("seconds", [None, OTHERS])
def test_ids_are_those_of_the_tokenizers_own_call(model, length, seconds, request) -> None:
    tokenizer = opened(request.getfixturevalue(model))
    expected = tokenizer(TEXTS, seconds, truncation=True, max_length=length)["input_ids"]
    assert length == 64 or max(map(len, expected)) == length
    assert Tokenizer(tokenizer).ids(TEXTS, seconds, length) == expected


@pytest.mark.parametrize("changed", [{"truncation_side": "left"}, {"split_special_tokens": True}])
def test_ids_follow_the_tokenizers_settings(changed, tiny_model) -> None:
    plain, tokenizer = opened(tiny_model), opened(tiny_model)
    for name, value in changed.items():
        setattr(tokenizer, name, value)
    expected = tokenizer(TEXTS, truncation=True, max_length=6)["input_ids"]
    assert expected != plain(TEXTS, truncation=True, max_length=6)["input_ids"]
    assert Tokenizer(tokenizer).ids(TEXTS, None, 6) == expected


def test_a_tokenizer_that_does_more_than_its_rust_one_is_asked_itself(tiny_model: Path) -> None:
    from transformers import BertTokenizerFast

    class Shouting(BertTokenizerFast):
        def _encode_plus(self, text, *arguments, **options):
            return super()._encode_plus([f"old {each}" for each in text], *arguments, **options)

    tokenizer = Shouting.from_pretrained(tiny_model)
    (found,) = Tokenizer(tokenizer).ids(["stone"], None, 9)
    (expected,) = Tokenizer(opened(tiny_model)).ids(["old stone"], None, 9)
    assert found == expected


def test_an_empty_row_becomes_padding(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    tokenizer = opened(model)
    tokenizer.backend_tokenizer.post_processor = None  # no special tokens
    assert Tokenizer(tokenizer).ids(["", "joki"], None, 9)[0] == [tokenizer.pad_token_id]


def test_threads_that_cut_texts_at_other_lengths_do_not_disturb_each_other(tiny_model: Path) -> None:
    tokenizer = Tokenizer(opened(tiny_model))
    lengths = [4 + number % 9 for number in range(60)]
    expected = {length: tokenizer.ids(TEXTS, None, length) for length in set(lengths)}
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda length: tokenizer.ids(TEXTS, None, length), lengths))
    assert found == [expected[length] for length in lengths]


@settings(max_examples=50, deadline=None)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=30), budget=st.integers(1, 60))
def test_batches_are_those_that_a_tokenizer_pads(lengths: list[int], budget: int) -> None:
    ids = [list(range(10 * number + 1, 10 * number + 1 + length)) for number, length in enumerate(lengths)]
    order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
    for batch in batches_of(ids, budget, padding=7, prompt_length=3):
        count = max(1, budget // len(ids[order[0]]))
        rows, order = order[:count], order[count:]
        width = len(ids[rows[0]])
        assert batch.rows.tolist() == rows
        assert batch.features["input_ids"].tolist() == [ids[row] + [7] * (width - len(ids[row])) for row in rows]
        mask = [[1] * len(ids[row]) + [0] * (width - len(ids[row])) for row in rows]
        assert batch.features["attention_mask"].tolist() == mask
        assert batch.features["prompt_length"] == 3
        half = batch.part(slice(1, None))
        assert half.rows.tolist() == rows[1:]
        assert half.features["attention_mask"].tolist() == mask[1:]
    assert order == []
    assert np.issubdtype(batch.rows.dtype, np.integer)
