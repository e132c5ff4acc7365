"""Models and collections that the tests share: tiny, random, built on the spot, and real in form."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

pytest_plugins = ("tests.fixtures.generation", "tests.fixtures.training", "tests.fixtures.translation")

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tiny models gain nothing from threads, and lose much where other processes want the cores. Processes that tests start
# have as many, or sums would be rounded otherwise.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

WORDS = (  # noqa: SIM905 - a list of seventy strings says no more
    "river bridge mountain city king queen music bread water stone tree light north south old new long short first "
    "last found built crossed sang baked climbed ruled falls rises stands over under between the a of in "
    "joki silta vuori kaupunki kuningas leipä vesi kivi puu valo mikä missä kuka milloin "
    "река мост гора город король хлеб вода камень дерево свет что где кто когда"
).split()
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Folders are for several processes; files that are named for this one, where ``-s`` and ``--pdb`` work."""
    return 0 if any(".py" in given for given in config.args) else min(4, len(os.sched_getaffinity(0)))


def pytest_collection_finish() -> None:
    # Libraries stay. Looking through them again takes half a second whenever a training or a test collects garbage.
    gc.freeze()


def make_model(
    folder: Path, *, seed: int = 0, hidden: int = 32, layers: int = 2, positions: int = 64, vocabulary: int = 0
) -> Path:
    """A random BERT with a WordPiece tokenizer, as a plain Hugging Face folder."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    pieces = [*dict.fromkeys([*WORDS, *"abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюяäö0123456789?.,:"])]
    continued = [f"##{piece}" for piece in pieces if len(piece) == 1]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces, *continued]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=max(vocabulary, len(tokens)),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=positions,
        # Vectors of a freshly made model are nearly equal; larger weights tell texts apart.
        initializer_range=0.3,
    )
    BertModel(config).eval().save_pretrained(folder)
    # Whether letters become small is by default not the same in all versions.
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True, model_max_length=positions).save_pretrained(
        folder
    )
    return folder


def read_bytes(model: Path) -> Path:
    """Give a model a tokenizer of 256 bytes: another one to every other text, and Unicode's forms are not the same."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = {piece: number for number, piece in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocab=pieces, merges=[], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    for file in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (model / file).unlink(missing_ok=True)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names).save_pretrained(model)
    return model


@pytest.fixture(scope="session")
def byte_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT that reads bytes."""
    return read_bytes(make_model(tmp_path_factory.mktemp("models") / "tiny-bytes", vocabulary=260))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny-bert")


@pytest.fixture
def copied_model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "work" / "models" / "tiny"))


@pytest.fixture(scope="session")
def tiny_sentence_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a sentence-transformers folder: mean pooling, unit length, prompts, 48 tokens."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    folder = tmp_path_factory.mktemp("models") / "tiny-sentence"
    transformer = Transformer(str(tiny_model), max_seq_length=48)
    modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode="mean"), Normalize()]
    prompts = {"query": "query: ", "passage": "passage: "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def e5_model() -> Path:
    """The real multilingual-e5-small (4-bit weights) of the extra `demo`."""
    from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
    from pyserini_xqg.errors import MissingPrerequisite

    try:
        return multilingual_e5_small()
    except MissingPrerequisite as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets that the repository does not hold."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the data sets are not there (a folder shared/data beside the project)")
    return SHARED_DATA


def write_lines(file: Path, values: Iterable[object]) -> Path:
    """JSON lines."""
    text = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    file.write_text(text, encoding="utf-8")
    return file


def sentence(number: int, length: int = 8) -> str:
    """A made-up sentence of words that the tiny tokenizer knows, another one for every number."""
    return " ".join(WORDS[(number * 7 + position * (3 + number % 5)) % len(WORDS)] for position in range(length))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twenty-three passages, d0 to d22, of very different lengths; every third has a title."""
    passages = (
        {"id": f"d{number}", "text": sentence(number, 3 + (number * 5) % 17)}
        | ({"title": sentence(number + 50, 2)} if number % 3 == 0 else {})
        for number in range(23)
    )
    return write_lines(tmp_path / "corpus.jsonl", passages)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """Queries in fi (up to 3) and ru (2), in another order than the corpus; d4 has none, d9 only ru, one id is
    unknown."""
    order = [number * 5 % 23 for number in range(23) if number * 5 % 23 != 4]
    records = [
        {
            "id": f"d{number}",
            "queries": ({} if number == 9 else {"fi": [sentence(100 + number + k, 4) for k in range(1 + number % 3)]})
            | {"ru": [sentence(200 + number, 3), sentence(300 + number, 5)]},
        }
        for number in order
    ]
    return write_lines(tmp_path / "queries.jsonl", [*records, {"id": "nowhere", "queries": {"fi": ["missä"]}}])


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here ({mounted.stderr.strip()})")
    yield place
    gc.collect()  # files that an error's frames still have open
    subprocess.run(["umount", str(place)], check=True)


def call(*arguments: object) -> int:
    """The exit code of a command, run in this process."""
    from pyserini_xqg.__main__ import main

    before = sys.argv
    sys.argv = ["xqg", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        assert end.code is None or isinstance(end.code, int), end.code
        return end.code or 0
    finally:
        sys.argv = before
    return 0


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_python() -> Run:
    """Runs this Python with the given arguments in a process of its own."""

    def run(*arguments: object, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={**os.environ, **environment},
        )
        if check:
            said = f"{result.stdout}\n{result.stderr}"
            assert result.returncode == 0, f"{arguments} ended with {result.returncode}: {said}"
        return result

    return run
