from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg import EncoderSettings
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.training.mining.bi_encoder import BiEncoder


def test_scores_are_inner_products_and_each_passage_is_encoded_once(
    tiny_sentence_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = BiEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")
    river, same, king = Passage("a", "joki", "river"), Passage("b", "joki", "river"), Passage("c", "king")
    encoded: list[str] = []
    stock = TextEncoder.encode

    def counting(encoder: TextEncoder, texts: Sequence[str], kind: Any) -> Any:
        encoded.extend(texts if kind == "passage" else ())
        return stock(encoder, texts, kind)

    monkeypatch.setattr(TextEncoder, "encode", counting)
    scores = retriever.scores(["missä joki", "king"], [[river, king, same], [same]], [{"king": 7.0}, {}])
    assert encoded == ["river joki"]
    questions, passage = retriever.questions(["missä joki", "king"]), retriever.passages([river])[0]
    expected = questions @ passage
    assert scores[0] == pytest.approx([expected[0], 7.0, expected[0]], abs=1e-5)
    assert scores[1] == pytest.approx([expected[1]], abs=1e-5)
