"""The model that is trained: its base, whole, with the form that the settings say."""

from __future__ import annotations

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize

from pyserini_xqg.encoding.loading import load_model, quiet_loading
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.common.environment import seed
from pyserini_xqg.training.retriever.settings import RetrieverSettings

UNIT_SCALE, PAPER_SCALE = 20.0, 1.0


def open_student(settings: RetrieverSettings, device: str) -> tuple[SentenceTransformer, EncoderSettings, float]:
    """The model, its resolved settings, and the factor of its dot products.

    Raises
    ------
    MissingInput, InvalidInput
        The base cannot be read.
    """
    seed(settings.seed)  # a base without a pooler gets a random one
    with quiet_loading():
        model, encoder = load_model(settings.encoder(), device, "passage")
    # What is trained is the whole vector, whatever the base cut it to.
    model.truncate_dim = None
    model.max_seq_length = encoder.passage_max_length
    model.prompts = {
        "query": encoder.query_prefix or "",
        "passage": encoder.passage_prefix or "",
        "document": encoder.passage_prefix or "",
    }
    model.default_prompt_name = None
    model.similarity_fn_name = "dot"
    has_unit_length = any(isinstance(module, Normalize) for module in model)
    return model, encoder, settings.scale or (UNIT_SCALE if has_unit_length else PAPER_SCALE)
