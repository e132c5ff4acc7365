"""DPR's encoders (Karpukhin et al., 2020), of questions and of passages: BERTs under a prefix, with CLS pooling."""

from __future__ import annotations

from typing import Any

from sentence_transformers.base.modules import Transformer
from transformers import BertConfig

MODEL_TYPE = "dpr"
CLASSES = ("DPRContextEncoder", "DPRQuestionEncoder")


def open_dpr(name: str, config: Any, kwargs: dict[str, Any], source: dict[str, Any]) -> Transformer:
    """The BERT of a DPR encoder.

    Parameters
    ----------
    name : str
        A folder or Hugging Face id.
    config : DPRConfig
    kwargs, source : dict
        What the weights, and what tokenizer and configuration are read with.

    Raises
    ------
    ValueError
        It is no encoder, or has a projection (no published one has).
    """
    for architecture in config.architectures or ():
        if architecture not in CLASSES:
            raise ValueError(f"a {architecture} is no encoder; {' or '.join(CLASSES)} is expected")
    if config.projection_dim:
        raise ValueError(
            f"a DPR encoder with a projection (projection_dim {config.projection_dim}) cannot be read; one without is "
            "expected"
        )
    transformer: Transformer = Transformer(
        name,
        # Whichever of the two it is, transformers opens DPR as a question encoder.
        model_kwargs={**kwargs, "key_mapping": {r"^ctx_encoder\.": "question_encoder."}},
        processor_kwargs=source,
        config_kwargs=source,
        modality_config={"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        module_output_name="token_embeddings",
    )
    dpr: Any = transformer.model
    bert = dpr.question_encoder.bert_model
    bert.config = _bert_config(bert.config)
    transformer.model = bert
    return transformer


def _bert_config(config: Any) -> BertConfig:
    """The configuration as that of a BERT, which a trained model is saved with."""
    own = BertConfig().to_dict()
    values = {key: value for key, value in config.to_dict().items() if key in own and key != "model_type"}
    values["architectures"] = ["BertModel"]
    bert = BertConfig.from_dict(values, attn_implementation=config._attn_implementation)
    bert._commit_hash = getattr(config, "_commit_hash", None)
    return bert
