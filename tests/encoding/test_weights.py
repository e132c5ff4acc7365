from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.encoding.weights import recorded_loading
from pyserini_xqg.errors import MissingInput
from tests.conftest import call, sentence


def rename(model: Path, renamed: Callable[[str], str | None]) -> None:
    """Rename the tensors of a checkpoint; None leaves one out."""
    file = model / "model.safetensors"
    kept = {name: tensor for key, tensor in load_file(file).items() if (name := renamed(key)) is not None}
    save_file(kept, file, metadata={"format": "pt"})


def of_a_wrapper(key: str) -> str:
    return f"lm_q.{key}"


def without_a_layer(key: str) -> str | None:
    return None if key.startswith("encoder.layer.1.") else key


def test_weights_under_the_prefix_of_a_wrapper_are_refused(copied_model: Path) -> None:
    rename(copied_model, of_a_wrapper)
    with pytest.raises(MissingInput) as raised:
        TextEncoder(EncoderSettings(copied_model), "cpu")
    said = str(raised.value)
    assert "its weights lack embeddings.LayerNorm.bias" in said
    assert "they have lm_q.embeddings.LayerNorm.bias" in said
    assert "another architecture, or of a wrapper" in said


@pytest.mark.parametrize("side", ["passage", "query"])
def test_one_missing_layer_is_refused_on_either_side(side: str, copied_model: Path, tiny_model: Path) -> None:
    rename(copied_model, without_a_layer)
    models = {"passage": (copied_model, tiny_model), "query": (tiny_model, copied_model)}[side]
    with pytest.raises(MissingInput, match=r"lack encoder\.layer\.1"):
        TextEncoder(EncoderSettings(models[0], query_model=models[1]), "cpu", side)  # type: ignore[arg-type]


def test_a_sentence_model_is_looked_at_too(tiny_sentence_model: Path, tmp_path: Path) -> None:
    import shutil

    model = Path(shutil.copytree(tiny_sentence_model, tmp_path / "model"))
    rename(model, without_a_layer)
    with pytest.raises(MissingInput, match=r"lack encoder\.layer\.1"):
        TextEncoder(EncoderSettings(model), "cpu")


def test_a_checkpoint_of_another_architecture_is_refused(copied_model: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, DistilBertConfig

    config = AutoConfig.from_pretrained(copied_model)
    other = DistilBertConfig(
        vocab_size=config.vocab_size, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=64
    )
    other.save_pretrained(copied_model)
    with pytest.raises(MissingInput, match=r"lack transformer\.layer\.0"):
        TextEncoder(EncoderSettings(copied_model), "cpu")


def test_a_pooler_that_nothing_uses_may_be_missing(copied_model: Path, tiny_model: Path) -> None:
    rename(copied_model, lambda key: None if key.startswith("pooler.") else key)
    text = [sentence(1)]
    np.testing.assert_array_equal(
        TextEncoder(EncoderSettings(copied_model), "cpu").encode(text, "passage"),
        TextEncoder(EncoderSettings(tiny_model), "cpu").encode(text, "passage"),
    )


def test_a_pooler_that_is_used_may_not_be_missing(tiny_sentence_model: Path, tmp_path: Path) -> None:
    import json
    import shutil

    model = Path(shutil.copytree(tiny_sentence_model, tmp_path / "model"))
    rename(model, lambda key: None if key.startswith("pooler.") else key)
    file = model / "sentence_bert_config.json"
    values = json.loads(file.read_text()) | {
        "modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}},
        "module_output_name": "sentence_embedding",
    }
    file.write_text(json.dumps(values))
    (model / "modules.json").write_text(json.dumps(json.loads((model / "modules.json").read_text())[:1]))
    with pytest.raises(MissingInput, match=r"lack pooler\.dense"):
        TextEncoder(EncoderSettings(model), "cpu")


def test_the_head_of_a_base_may_be_more_than_is_needed(tiny_model: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, BertForMaskedLM

    folder = tmp_path / "with-head"
    BertForMaskedLM.from_pretrained(tiny_model).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    text = [sentence(1)]
    np.testing.assert_array_equal(
        TextEncoder(EncoderSettings(folder), "cpu").encode(text, "passage"),
        TextEncoder(EncoderSettings(tiny_model), "cpu").encode(text, "passage"),
    )


def test_nothing_is_written_for_a_model_of_noise(
    copied_model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rename(copied_model, of_a_wrapper)
    before = {*tmp_path.iterdir()}
    assert call("index", "--corpus", corpus, "--encoder", copied_model, "--output", tmp_path / "index") == 4
    assert call("encoder", "--encoder", copied_model, "--output", tmp_path / "encoder") == 4
    assert "its weights lack" in capsys.readouterr().err
    assert {*tmp_path.iterdir()} == before


def test_transformers_is_as_before_and_other_threads_do_not_notice(tiny_model: Path) -> None:
    from transformers import BertModel, PreTrainedModel

    before = PreTrainedModel.__dict__["from_pretrained"]
    found = []
    with recorded_loading() as reports:
        own = BertModel.from_pretrained(tiny_model)
        thread = threading.Thread(target=lambda: found.append(BertModel.from_pretrained(tiny_model)))
        thread.start()
        thread.join()
        asked = BertModel.from_pretrained(tiny_model, output_loading_info=True)
    assert [type(each) for each in (own, *found)] == [BertModel, BertModel]
    assert isinstance(asked, tuple)
    assert len(reports) == 1
    assert PreTrainedModel.__dict__["from_pretrained"] is before
