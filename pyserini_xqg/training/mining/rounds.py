"""Rounds of self-training: mine with a retriever, train on what was found, mine with the trained one, and so on.

The folders of a round, ``round-1/data`` and ``round-1/model``, are made where they stay, each whole or not at all; the
manifest beside them comes last. What says that a loop is under way stands in ``NAME.partial``.
"""

from __future__ import annotations

import gc
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import fingerprint_examples
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.loading import fingerprint, load_model, quiet_loading
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import Workspace, already_made, partial_folder, real_place, working_folder
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.common.environment import processes, require_training_packages
from pyserini_xqg.training.data.leaks import find_leaks, refuse_leaks
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.mining.mining import DATA_FILE, Mining
from pyserini_xqg.training.mining.settings import MiningInputs, MiningSettings
from pyserini_xqg.training.retriever.settings import RetrieverSettings, retriever_settings
from pyserini_xqg.training.retriever.training import train_retriever

KIND = "training-rounds"
COUNTED = ("questions", "new positives", "new negatives")
DATA, MODEL = "data", "model"
# Of an encoder, what its training takes over where nothing else is said.
FORM = ("pooling", "l2_norm", "query_prefix", "passage_prefix", "query_max_length", "passage_max_length")

log = logging.getLogger("pyserini_xqg")


def run_rounds(
    rounds: int,
    inputs: MiningInputs,
    output: str | Path,
    settings: MiningSettings,
    encoder: EncoderSettings | str | Path,
    retriever: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Mine and train in turn.

    The same call after a kill goes on where that was.

    Parameters
    ----------
    rounds : int
    inputs : MiningInputs
        An index of theirs is searched in the first round; the others make their own.
    output : str or Path
        The folder to make: ``round-1/data``, ``round-1/model``, ... and the manifest ``xqg.json``.
    settings : MiningSettings
    encoder : EncoderSettings or str or Path
        The retriever of the first round.
    retriever : mapping
        Settings of :class:`pyserini_xqg.training.RetrieverSettings`. Without a ``base`` each round goes on
        training the retriever that it mined with; with one each starts from that.
    data : mapping
        Settings of :class:`pyserini_xqg.training.TrainingDataSettings`; ``train`` is trained on beside what is
        mined.
    device : str or None
        A torch device; None takes the best there is.
    show_progress : bool

    Raises
    ------
    XqgError
        See :func:`pyserini_xqg.training.mine` and :func:`pyserini_xqg.training.train_retriever`.
    """
    if rounds < 1:
        raise UsageError(f"rounds is {rounds}: at least 1 is expected")
    require_training_packages()

    if processes() > 1:
        raise UsageError(
            "rounds are run by one process; for several GPUs mine, then accelerate launch xqg train retriever, in turn"
        )
    # The models' settings name the folders before them, however the command names this one.
    output = real_place(Path(output).absolute())
    current = read_encoder(encoder, "passage") if isinstance(encoder, str | Path) else encoder
    asked, places = dict(retriever or {}), dict(data or {})
    trained = _training(asked, current)
    with quiet_loading():
        load_model(trained.encoder(), "cpu", "passage")  # what cannot be trained is to be said before hours of mining
    dev = _check_dev(inputs, settings, places, trained)
    first = Mining(inputs, settings, current, device=device, show_progress=show_progress)
    made_by = first.identity()
    del first
    identity = {
        "settings": {
            **made_by["settings"],
            "rounds": rounds,
            "retriever": {
                **trained.identity(),
                "base": fingerprint(trained.base) or trained.base,
                "starts_anew": asked.get("base") is not None,
            },
        },
        "inputs": {**made_by["inputs"], **dev},
    }
    if not partial_folder(output).exists() and already_made(output, identity):
        log.info("%s is there already, made with the same settings and data", output)
        return Manifest.read(output)
    with working_folder(output) as scratch:
        workspace = Workspace(output, identity)
        if (output / MANIFEST).exists():
            already_made(output, identity)
        elif output.exists() and any(output.iterdir()) and not workspace.notes.get("begun"):
            raise UsageError(f"{output} is there and is no artifact of xqg; choose another output, or remove it")
        workspace.record(begun=True)
        models: dict[str, Any] = {}
        for number in range(1, rounds + 1):
            folder = output / f"round-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MODEL / MANIFEST).exists():
                log.info("round %d of %d", number, rounds)
                _mine(inputs, folder / DATA, settings, current, device, show_progress)
                sources = {**places, "train": (str(folder / DATA / DATA_FILE), *places.get("train", ()))}
                train_retriever(
                    layered(TrainingDataSettings, sources),
                    folder / MODEL,
                    _training(asked, current),
                    device=device,
                    show_progress=show_progress,
                )
                gc.collect()
            current = read_encoder(str(folder / MODEL), "passage")
            inputs = replace(inputs, index=None) if settings.source == "retriever" else inputs
            models[folder.name] = _summary(folder)
        manifest = Manifest(KIND, identity["settings"], identity["inputs"], models)
        manifest.write(output)
        shutil.rmtree(scratch)
    return manifest


def _mine(
    inputs: MiningInputs,
    output: Path,
    settings: MiningSettings,
    encoder: EncoderSettings,
    device: str | None,
    show_progress: bool,
) -> None:
    """Mine, unless that was done; its models are out of memory afterwards."""
    if not (output / MANIFEST).exists():
        Mining(inputs, settings, encoder, device=device, show_progress=show_progress).run(output)
        gc.collect()


def _training(asked: Mapping[str, Any], encoder: EncoderSettings) -> RetrieverSettings:
    """The settings of a round's training: as asked, and where nothing is, what the encoder is like."""
    if asked.get("base") is not None:
        return retriever_settings(asked)
    if encoder.query_model is not None:
        raise UsageError("a retriever of two models cannot be trained further: name a base in [retriever]")
    own = {name: value for name, value in asdict(encoder).items() if name in FORM}
    return retriever_settings({"base": encoder.model, "revision": encoder.revision, **own}, asked)


def _check_dev(
    inputs: MiningInputs, settings: MiningSettings, data: Mapping[str, Any], training: RetrieverSettings
) -> dict[str, Any]:
    """Fingerprints of the other data, which are looked at before anything takes time: training would refuse leaks."""
    places = layered(TrainingDataSettings, {**data, "train": (*inputs.questions, *data.get("train", ()))})

    def read(paths: tuple[str | Path, ...], split: str, language: str, format: str | None) -> list[Any]:
        return [each for path in paths for each in read_examples(path, format, split=split, language=language)]

    asked = read(inputs.questions, "train", settings.default_language, inputs.format)
    more = read(tuple(data.get("train", ())), "train", training.default_language, places.format)
    dev = read(places.dev, "dev", training.default_language, places.format)
    refuse_leaks(find_leaks([*asked, *more], dev), places.leaks)
    return {"train": fingerprint_examples(more), "dev": fingerprint_examples(dev)}


def _summary(folder: Path) -> dict[str, Any]:
    """What a round came to."""
    mined, model = Manifest.read(folder / DATA), Manifest.read(folder / MODEL)
    counts = {name: sum(each[name] for each in mined.counts["languages"].values()) for name in COUNTED}
    return {**counts, "dev": model.details["dev"]}
