"""What is wrong with the input or the command line, and what the user is told."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import faiss
import numpy as np
import pytest

from tests.conftest import call, sentence, write_lines
from tests.fixtures.generation import make_t5
from tests.generation.backends.lexicon.dict_format import write_dictionary

PASSAGES = [{"id": f"d{number}", "text": sentence(number, 5)} for number in range(5)]
QUERIES = [{"id": f"d{number}", "queries": {"fi": [sentence(number + 50, 3)]}} for number in range(5)]
NOT_FOR_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")


@pytest.fixture(scope="session")
def plain_index(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    corpus = write_lines(folder / "corpus.jsonl", PASSAGES)
    assert call("index", "--corpus", corpus, "--encoder", tiny_model, "--output", folder / "index") == 0
    return folder / "index"


class Bench:
    """Writes good and bad input, and commands that name it; what is not given is good."""

    def __init__(self, folder: Path, model: Path, plain: Path):
        self.folder, self.model, self.plain = folder, model, plain
        self.output = folder / "out"

    def index(self, **options: object) -> list[object]:
        given = {"encoder": self.model, "output": self.output, **options}
        given |= {} if "corpus" in given else {"corpus": self.corpus()}
        return ["index", *self._options(given)]

    def augment(self, index: Path | None = None, **options: object) -> list[object]:
        given = {"index": index or self.plain, "output": self.output, "queries": self.queries(), **options}
        return ["augment", *self._options(given)]

    def encoder(self, **options: object) -> list[object]:
        return ["encoder", *self._options({"encoder": self.model, "output": self.output, **options})]

    def records(self, **options: object) -> list[object]:
        given = {"queries": self.queries(), "output": self.output, **options}
        given |= {} if "corpus" in given else {"corpus": self.corpus()}
        return ["records", *self._options(given)]

    def generate(self, **options: object) -> list[object]:
        given = {"language": "fi", "output": self.output, "generator": "lexicon", **options}
        given |= {} if "corpus" in given else {"corpus": self.corpus()}
        if given["generator"] == "lexicon" and "dictionaries" not in given:
            given["dictionaries"] = self.dictionaries()
        return ["generate", *self._options(given)]

    def server(self, **options: object) -> list[object]:
        return self.generate(**{"generator": "server", "url": "http://localhost:9/v1", "model": "m", **options})

    def score(self, **options: object) -> list[object]:
        given = {"queries": self.queries(), "encoder": self.model, "output": self.output, **options}
        given |= {} if "corpus" in given else {"corpus": self.corpus()}
        return ["score", *self._options(given)]

    def filter(self, scored: Path, **options: object) -> list[object]:
        return ["filter", *self._options({"scored": scored, "output": self.output, **options})]

    def scored(self, **options: object) -> Path:
        self.made(*self.score(output=self.folder / "scored", **options))
        return self.folder / "scored"

    def dictionaries(self, damage: Callable[[bytes], bytes] | None = None) -> Path:
        """A folder with a dictionary to Finnish; `damage` is done to its index."""
        folder = self.folder / "dictionaries"
        entries = {"river": "joki", "bridge": "silta", "stone": "kivi", "light": "valo", "water": "vesi"}
        index = write_dictionary(folder, "freedict-eng-fin", entries)
        if damage is not None:
            index.write_bytes(damage(index.read_bytes()))
        return folder

    def mt5(self) -> Path:
        return make_t5(self.folder / "mt5")

    @staticmethod
    def after(*_: object, then: list[object]) -> list[object]:
        """A command, once the other arguments were made."""
        return then

    def corpus(self, *added: object) -> Path:
        return self.lines("corpus.jsonl", *PASSAGES, *added)

    def queries(self, *added: object) -> Path:
        return self.lines("queries.jsonl", *QUERIES, *added)

    def lines(self, name: str, *values: object) -> Path:
        """One value a line; bytes as they are."""
        written = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
        return self.file(name, b"\n".join(written) + b"\n")

    def file(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def closed(self, path: Path) -> Path:
        path.chmod(0)
        return path

    def plain_with(self, **files: bytes | None) -> Path:
        """A copy of the plain index with files replaced, or taken away."""
        copy = self.folder / "copy"
        shutil.copytree(self.plain, copy)
        for name, content in files.items():
            (copy / name).unlink()
            if content is not None:
                (copy / name).write_bytes(content)
        return copy

    def stock_index(self, factory: str = "Flat", dimension: int = 32) -> Path:
        """An index of five vectors as stock Pyserini makes it: with no word on its encoder."""
        folder = self.folder / "stock"
        folder.mkdir()
        index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
        index.add(np.ones((5, dimension), dtype=np.float32))
        faiss.write_index(index, str(folder / "index"))
        (folder / "docid").write_text("".join(f"d{number}\n" for number in range(5)))
        return folder

    def made(self, *command: object) -> None:
        assert call(*command) == 0

    def model_copy(self, without: tuple[str, ...] = ()) -> Path:
        copy = self.folder / "model"
        shutil.copytree(self.model, copy, ignore=shutil.ignore_patterns(*without))
        return copy

    def model_that_overflows(self) -> Path:
        """A model that makes NaN of the word "bread"."""
        from safetensors.torch import load_file, save_file

        copy = self.model_copy()
        weights = load_file(copy / "model.safetensors")
        row = (copy / "vocab.txt").read_text(encoding="utf-8").splitlines().index("bread")
        weights["embeddings.word_embeddings.weight"][row] = float("nan")
        save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
        return copy

    @staticmethod
    def _options(given: dict[str, object]) -> Iterator[object]:
        for name, value in given.items():
            if value is not None:
                yield f"--{name.replace('_', '-')}"
                if value is not True:
                    yield value


@pytest.fixture
def bench(tmp_path: Path, tiny_model: Path, plain_index: Path) -> Bench:
    return Bench(tmp_path, tiny_model, plain_index)


def content(path: Path) -> object:
    """All that is at a path."""
    if path.is_dir():
        return {child.name: content(child) for child in path.iterdir()}
    return path.read_bytes() if path.exists() else None


Command = Callable[[Bench], list[object]]
BAD: list[tuple[str, int, list[str], Command]] = [
    # The corpus: what a line says.
    (
        "malformed JSON",
        5,
        ["corpus.jsonl:6: malformed JSON at column 14"],
        lambda b: b.index(corpus=b.corpus(b'{"id": "d5", text: "x"}')),
    ),
    (
        "a line that was cut",
        5,
        ["corpus.jsonl:6: malformed JSON at column 22 (Unterminated string"],
        lambda b: b.index(corpus=b.corpus(b'{"id": "d5", "text": "river br')),
    ),
    (
        "a list instead of an object",
        5,
        ["corpus.jsonl:6: a JSON object is expected, found list"],
        lambda b: b.index(corpus=b.corpus(["d5", "x"])),
    ),
    (
        "all passages in one list",
        5,
        ["corpus.jsonl:1: malformed JSON"],
        lambda b: b.index(corpus=b.file("corpus.jsonl", json.dumps(PASSAGES, indent=1).encode())),
    ),
    (
        "no id",
        5,
        ["corpus.jsonl:6: no id: one of the fields id, _id, docid is expected, found text, name"],
        lambda b: b.index(corpus=b.corpus({"text": "x", "name": "y"})),
    ),
    (
        "an id that is there twice",
        5,
        ["corpus.jsonl:6: the id 'd2' was there before; ids must be unique"],
        lambda b: b.index(corpus=b.corpus({"id": "d2", "text": "x"})),
    ),
    (
        "an id that is there twice as text and number",
        5,
        ["corpus.jsonl:7: the id '7' was there before"],
        lambda b: b.index(corpus=b.corpus({"id": "7", "text": "x"}, {"id": 7, "text": "y"})),
    ),
    (
        "an id with a newline",
        5,
        ["corpus.jsonl:6: the id is 'a\\nb'"],
        lambda b: b.index(corpus=b.corpus({"id": "a\nb", "text": "x"})),
    ),
    (
        "an id with a tab",
        5,
        ["corpus.jsonl:6: the id is 'a\\tb'"],
        lambda b: b.index(corpus=b.corpus({"id": "a\tb", "text": "x"})),
    ),
    (
        "an id with a blank",
        5,
        ["corpus.jsonl:6: the id is 'a b'", "has no blanks, tabs or newlines"],
        lambda b: b.index(corpus=b.corpus({"id": "a b", "text": "x"})),
    ),
    ("an empty id", 5, ["corpus.jsonl:6: the id is ''"], lambda b: b.index(corpus=b.corpus({"id": "", "text": "x"}))),
    (
        "a boolean id",
        5,
        ["corpus.jsonl:6: the id is True: text or a whole number is expected"],
        lambda b: b.index(corpus=b.corpus({"id": True, "text": "x"})),
    ),
    (
        "no text",
        5,
        ["corpus.jsonl:6: no text: a field text or contents is expected, found id, body"],
        lambda b: b.index(corpus=b.corpus({"id": "d5", "body": "x"})),
    ),
    (
        "null text",
        5,
        ["corpus.jsonl:6: text is null: text is expected"],
        lambda b: b.index(corpus=b.corpus({"id": "d5", "text": None})),
    ),
    (
        "text that is a number",
        5,
        ["corpus.jsonl:6: text is a JSON int: text is expected"],
        lambda b: b.index(corpus=b.corpus({"id": "d5", "text": 5})),
    ),
    (
        "a title that is a list",
        5,
        ["corpus.jsonl:6: title is a JSON list: text is expected"],
        lambda b: b.index(corpus=b.corpus({"id": "d5", "text": "x", "title": []})),
    ),
    (
        "half a surrogate pair",
        5,
        ["corpus.jsonl:6: half a surrogate pair"],
        lambda b: b.index(corpus=b.corpus(b'{"id": "d5", "text": "x \\ud83d"}')),
    ),
    (
        "a number without end",
        5,
        ["corpus.jsonl:6: JSON that cannot be read"],
        lambda b: b.index(corpus=b.corpus(b'{"id": ' + b"9" * 5000 + b"}")),
    ),
    # The corpus: files.
    (
        "a line that is not UTF-8",
        5,
        ["corpus.jsonl:6: not UTF-8 (byte 0xe4 at position 23); convert the file to UTF-8"],
        lambda b: b.index(corpus=b.corpus('{"id": "d5", "text": "ä"}'.encode("latin-1"))),
    ),
    (
        "a UTF-16 file",
        5,
        ["corpus.jsonl:1: not UTF-8 (byte 0xff at position 1)"],
        lambda b: b.index(corpus=b.file("corpus.jsonl", json.dumps(PASSAGES[0]).encode("utf-16"))),
    ),
    (
        "a gzip file that was cut",
        5,
        ["corpus.jsonl.gz: damaged gzip file (Compressed file ended before"],
        lambda b: b.index(corpus=b.file("corpus.jsonl.gz", gzip.compress(b.corpus().read_bytes())[:-9])),
    ),
    (
        "a corpus in a zip file",
        5,
        ["corpus.jsonl: a zip file; unpack it (plain and gzipped files are read)"],
        lambda b: b.index(corpus=b.file("corpus.jsonl", b"PK\x03\x04")),
    ),
    ("an empty corpus", 5, ["c.jsonl: the corpus is empty"], lambda b: b.index(corpus=b.file("c.jsonl", b""))),
    (
        "a corpus of a byte order mark",
        5,
        ["c.jsonl: the corpus is empty"],
        lambda b: b.index(corpus=b.file("c.jsonl", b"\xef\xbb\xbf\n")),
    ),
    (
        "a folder without JSON lines",
        4,
        ["folder: no file ends in .jsonl, .json, .jsonl.gz, .json.gz"],
        lambda b: b.after((b.folder / "folder").mkdir(), then=b.index(corpus=b.folder / "folder")),
    ),
    (
        "no corpus",
        4,
        ["nowhere.jsonl: no such file or folder"],
        lambda b: b.index(corpus=b.folder / "nowhere.jsonl"),
    ),
    (
        "a second file of a folder",
        5,
        ["corpus/b.jsonl:1: the id 'd1' was there before"],
        lambda b: b.after(
            (b.folder / "corpus").mkdir(),
            b.lines("corpus/a.jsonl", *PASSAGES),
            b.lines("corpus/b.jsonl", PASSAGES[1]),
            then=b.index(corpus=b.folder / "corpus"),
        ),
    ),
    # The queries.
    (
        "queries for unknown ids only",
        5,
        ["q.jsonl: none of its 2 records has the id of a passage; were they made for another corpus?"],
        lambda b: b.index(queries=b.lines("q.jsonl", {"id": "x", "queries": {}}, {"id": "y", "queries": {}})),
    ),
    (
        "nothing but empty queries",
        5,
        ["q.jsonl: none of the 1 records of these passages has a query", "or no --queries"],
        lambda b: b.index(queries=b.lines("q.jsonl", {"id": "d0", "queries": {"fi": [""]}})),
    ),
    ("no queries", 5, ["q.jsonl: none of its 0 records"], lambda b: b.index(queries=b.file("q.jsonl", b""))),
    ("no queries file", 4, ["nowhere: no such file or folder"], lambda b: b.index(queries=b.folder / "nowhere")),
    (
        "malformed queries",
        5,
        ["queries.jsonl:6: malformed JSON at column 2"],
        lambda b: b.index(queries=b.queries(b"{id}")),
    ),
    (
        "an unknown language in the queries",
        5,
        ["queries.jsonl:6: unknown language 'Finish': expected an ISO 639 code", "did you mean Finnish"],
        lambda b: b.index(queries=b.queries({"id": "x", "queries": {"Finish": ["joki"]}})),
    ),
    (
        "a language by two names",
        5,
        ["queries.jsonl:6: the language fi is there twice"],
        lambda b: b.index(queries=b.queries({"id": "x", "queries": {"fi": ["joki"], "fin": ["silta"]}})),
    ),
    (
        "queries that are no list",
        5,
        ["queries.jsonl:6: the queries of 'fi' are no list of texts"],
        lambda b: b.index(queries=b.queries({"id": "x", "queries": {"fi": "joki"}})),
    ),
    (
        "queries that are not by language",
        5,
        ['queries.jsonl:6: queries is a JSON list: an object {"language": ["query", ...]} is expected'],
        lambda b: b.index(queries=b.queries({"id": "x", "queries": ["joki"]})),
    ),
    (
        "two records of one passage",
        5,
        ["queries.jsonl:6: queries of 'd3' were there before; one record a passage is expected"],
        lambda b: b.index(queries=b.queries({"id": "d3", "queries": {}})),
    ),
    (
        "the corpus given as queries",
        5,
        ["corpus.jsonl:1: queries is null"],
        lambda b: b.index(queries=b.corpus()),
    ),
    # Options of the method.
    (
        "an unknown language",
        5,
        ["unknown language 'Telegu'", "did you mean Telugu"],
        lambda b: b.index(queries=b.queries(), language="Telegu"),
    ),
    (
        "a language without queries",
        5,
        ["no queries in te; there are some in fi"],
        lambda b: b.index(queries=b.queries({"id": "x", "queries": {"te": [" "]}}), language="te"),
    ),
    ("alpha 2", 2, ["alpha is 2.0: a number from 0 to 1 is expected"], lambda b: b.index(queries=b.queries(), alpha=2)),
    ("alpha nan", 2, ["alpha is nan: a number from 0 to 1"], lambda b: b.index(queries=b.queries(), alpha="nan")),
    ("alpha that is no number", 2, ["--alpha", "valid number"], lambda b: b.index(queries=b.queries(), alpha="much")),
    ("no queries of a language", 2, ["num_queries is 0: at least 1"], lambda b: b.index(num_queries=0)),
    (
        "hubness without queries",
        2,
        ["the mean of the generated queries is needed and there are none: give --queries"],
        lambda b: b.index(reduce_hubness=0.5),
    ),
    (
        "the mean control without queries",
        2,
        ["the mean of the generated queries is needed and there are none"],
        lambda b: b.index(control="mean"),
    ),
    (
        "hubness topics that are not there",
        4,
        ["nowhere.tsv: cannot be read"],
        lambda b: b.index(reduce_hubness=0.5, hubness_topics=b.folder / "nowhere.tsv"),
    ),
    (
        "hubness topics without a tab",
        5,
        ["topics.tsv:2: expected an id, a tab and the question, found '2 joki'"],
        lambda b: b.index(reduce_hubness=0.5, hubness_topics=b.file("topics.tsv", b"1\tjoki\n2 joki\n")),
    ),
    (
        "hubness topics that are empty",
        5,
        ["topics.tsv: no topics; at least one question is expected"],
        lambda b: b.index(reduce_hubness=0.5, hubness_topics=b.file("topics.tsv", b"\n")),
    ),
    ("an unknown control", 2, ["--control", "shuffled"], lambda b: b.index(control="random")),
    ("parts of nothing", 2, ["part_size is 0: at least 1 is expected"], lambda b: b.index(part_size=0)),
    # The form of the index.
    (
        "an unknown factory string",
        2,
        ["faiss cannot make an index 'HSNW32' for 32 dimensions (could not parse index string HSNW32)"],
        lambda b: b.index(factory="HSNW32"),
    ),
    (
        "a factory string that does not fit the dimension",
        2,
        ["'PQ5' for 32 dimensions", "should be a multiple of the number of subquantizers"],
        lambda b: b.index(factory="PQ5"),
    ),
    (
        "a factory string of another metric",
        2,
        ["an index 'HNSW32_PQ8' does not rank rows by inner product"],
        lambda b: b.index(factory="HNSW32_PQ8"),
    ),
    ("a graph without links", 2, ["an index 'HNSW1' has too few links"], lambda b: b.index(factory="HNSW1")),
    (
        "more lists than passages",
        5,
        ["faiss cannot build this index from 5 vectors (Number of training points (5)", "or Flat"],
        lambda b: b.index(factory="IVF9,Flat"),
    ),
    ("nprobe with Flat", 2, ["nprobe was given for an index without inverted lists"], lambda b: b.index(nprobe=4)),
    (
        "nprobe with a graph",
        2,
        ["nprobe was given for an index without inverted lists"],
        lambda b: b.index(nprobe=4, factory="HNSW8"),
    ),
    ("nprobe 0", 2, ["nprobe is 0: at least 1"], lambda b: b.index(nprobe=0, factory="IVF2,Flat")),
    ("ef_search with lists", 2, ["ef_search was given for an index without a graph"], lambda b: b.index(ef_search=9)),
    ("auto without memory", 2, ["auto chooses", "give max_memory"], lambda b: b.index(factory="auto")),
    ("no size", 2, ["max_memory is '15': a size such as 15G"], lambda b: b.index(max_memory="15")),
    (
        "too little memory",
        2,
        ["SQ8 of 5 vectors", "max_memory is 1M"],
        lambda b: b.index(factory="SQ8", max_memory="1M"),
    ),
    ("no threads", 2, ["threads is 0: at least 1"], lambda b: b.index(threads=0)),
    # The model.
    ("no model", 4, ["nowhere: no such folder"], lambda b: b.index(encoder=b.folder / "nowhere")),
    (
        "a model without a tokenizer",
        4,
        ["model: cannot be loaded (its tokenizer has no vocabulary; are the tokenizer's files missing?)"],
        lambda b: b.index(encoder=b.model_copy(without=("vocab.txt", "tokenizer*", "special_tokens*"))),
    ),
    (
        "a model without weights",
        4,
        ["model: cannot be loaded", "config.json, weights and tokenizer"],
        lambda b: b.index(encoder=b.model_copy(without=("*.safetensors",))),
    ),
    (
        "a model that overflows",
        5,
        ["the vector of passage 'b1' is not finite (NaN or infinite), as are 1 more of 3", "--dtype float32"],
        lambda b: b.index(
            corpus=b.lines(
                "c.jsonl",
                {"id": "b0", "text": "river"},
                {"id": "b1", "text": "bread"},
                {"id": "b2", "text": "new bread"},
            ),
            encoder=b.model_that_overflows(),
        ),
    ),
    (
        "a model that overflows on a query",
        5,
        ["the vector of passage 'd2' is not finite"],
        lambda b: b.index(
            corpus=b.lines("c.jsonl", *({"id": f"d{n}", "text": "river"} for n in range(5))),
            queries=b.lines("q.jsonl", {"id": "d2", "queries": {"fi": ["bread"]}}),
            encoder=b.model_that_overflows(),
        ),
    ),
    (
        "a maximum length above the model's",
        2,
        ["a maximum length of 65 tokens was asked for; the model", "takes at most 64"],
        lambda b: b.index(passage_max_length=65),
    ),
    ("a maximum length below 3", 2, ["query_max_length is 2: at least 3"], lambda b: b.index(query_max_length=2)),
    ("a device that is not there", 3, ["device 'cuda:77' is not to be had here"], lambda b: b.index(device="cuda:77")),
    (
        "an index as the encoder, and --pooling",
        2,
        ["has its encoder settings in it; --pooling cannot be given too"],
        lambda b: b.index(encoder=b.plain, pooling="mean"),
    ),
    (
        "an index as the encoder, whose model has changed since",
        5,
        ["is not the one that", "was made with (its files have changed)"],
        lambda b: b.after(
            b.made(*b.encoder(encoder=b.model_copy(), output=b.folder / "e")),
            b.file("model/config.json", b.file("model/config.json", b"{}").read_bytes() + b" "),
            then=b.index(encoder=b.folder / "e"),
        ),
    ),
    (
        "an index as the encoder, whose model is gone",
        5,
        ["xqg.json names the model", "which is not there"],
        lambda b: b.after(
            b.made(*b.encoder(encoder=b.model_copy(), output=b.folder / "e")),
            shutil.rmtree(b.folder / "model"),
            then=b.index(encoder=b.folder / "e"),
        ),
    ),
    # xqg augment.
    ("no index", 4, ["nowhere/index: no such file"], lambda b: b.augment(b.folder / "nowhere")),
    (
        "an index that is augmented already",
        2,
        ["first is not plain", "Start from an index made with --alpha 0"],
        lambda b: b.after(b.made(*b.augment(output=b.folder / "first")), then=b.augment(b.folder / "first")),
    ),
    (
        "an index that was normalised",
        2,
        ["first is not plain"],
        lambda b: b.after(
            b.made(*b.index(normalize=True, output=b.folder / "first")), then=b.augment(b.folder / "first")
        ),
    ),
    (
        "an index that does not name its encoder",
        2,
        ["stock does not name its encoder: give --encoder"],
        lambda b: b.augment(b.stock_index()),
    ),
    (
        "an index of another dimension",
        5,
        ["stock: its vectors have 24 dimensions and the encoder's 32"],
        lambda b: b.augment(b.stock_index(dimension=24), encoder=b.model),
    ),
    (
        "an index that is not flat",
        5,
        ["stock/index: starts with b'IHNf'", "Build one with --factory Flat"],
        lambda b: b.augment(b.stock_index("HNSW8"), encoder=b.model),
    ),
    (
        "an index that was cut",
        5,
        ["copy/index: 300 bytes; 5 vectors of 32 dimensions take 685"],
        lambda b: b.augment(b.plain_with(index=(b.plain / "index").read_bytes()[:300])),
    ),
    (
        "fewer ids than vectors",
        5,
        ["copy: docid has 4 ids and index 5 vectors; as many are expected"],
        lambda b: b.augment(b.plain_with(docid=b"d0\nd1\nd2\nd3\n")),
    ),
    (
        "more ids than vectors",
        5,
        ["copy: docid has 6 ids and index 5 vectors"],
        lambda b: b.augment(b.plain_with(docid=b"d0\nd1\nd2\nd3\nd4\nd5\n")),
    ),
    (
        "an id of the index twice",
        5,
        ["docid:4: the id 'd0' was there before"],
        lambda b: b.augment(b.plain_with(docid=b"d0\nd1\nd2\nd0\nd4\n")),
    ),
    (
        "ids of the index that are not UTF-8",
        5,
        ["docid:2: not UTF-8"],
        lambda b: b.augment(b.plain_with(docid=b"d0\nd\xe4\nd2\nd3\nd4\n")),
    ),
    (
        "an empty id of the index",
        5,
        ["docid:2: the id is ''"],
        lambda b: b.augment(b.plain_with(docid=b"d0\n\nd2\nd3\nd4\n")),
    ),
    (
        "no docid",
        4,
        ["copy/docid: cannot be read (No such file or directory)"],
        lambda b: b.augment(b.plain_with(docid=None)),
    ),
    # The output.
    (
        "an index of other settings is there",
        2,
        ["out is there, made with other settings or inputs", "settings.index.factory was 'Flat', now 'SQ8'"],
        lambda b: b.after(b.made(*b.index()), then=b.index(factory="SQ8")),
    ),
    (
        "an index of another corpus is there",
        2,
        ["out is there, made with other settings or inputs", "inputs.corpus was"],
        lambda b: b.after(b.made(*b.index()), then=b.index(corpus=b.lines("c.jsonl", *PASSAGES[:4]))),
    ),
    (
        "something else is there",
        2,
        ["out is there and is no artifact of xqg; choose another output, or remove it"],
        lambda b: b.after(b.output.mkdir(), b.file("out/thesis.tex", b"mine"), then=b.index()),
    ),
    (
        "a file is there",
        2,
        ["out is there and is no artifact"],
        lambda b: b.after(b.file("out", b"mine"), then=b.index()),
    ),
    ("an output below a file", 6, ["Not a directory"], lambda b: b.index(output=b.corpus() / "deeper" / "out")),
    (
        "an encoder folder where something else is",
        2,
        ["out is there and is no artifact"],
        lambda b: b.after(b.output.mkdir(), b.file("out/thesis.tex", b"mine"), then=b.encoder()),
    ),
    (
        "an encoder folder of other settings",
        2,
        ["out is there, made with other settings", "settings.encoder.pooling was 'cls', now 'mean'"],
        lambda b: b.after(b.made(*b.encoder()), then=b.encoder(pooling="mean")),
    ),
    (
        "an encoder folder below a file",
        6,
        ["corpus.jsonl/out: Not a directory"],
        lambda b: b.encoder(output=b.corpus() / "out"),
    ),
    (
        "records that are there",
        2,
        ["out is there; choose another"],
        lambda b: b.after(b.file("out", b"x"), then=b.records()),
    ),
    ("records of a bad corpus", 5, ["corpus.jsonl:6: no id"], lambda b: b.records(corpus=b.corpus({"text": "x"}))),
    # xqg generate.
    (
        "a language to write in that is unknown",
        5,
        ["unknown language 'Finish': expected an ISO 639 code", "did you mean Finnish"],
        lambda b: b.generate(language="ru,Finish"),
    ),
    (
        "a language without a dictionary",
        3,
        ["no dictionary from English to Telugu in", "there are some to fi", "name that with --dictionaries"],
        lambda b: b.generate(language="fi,te"),
    ),
    (
        "a folder without dictionaries",
        3,
        ["no dictionary from English to Finnish in", "there is none at all"],
        lambda b: b.generate(dictionaries=b.folder / "nowhere"),
    ),
    (
        "a dictionary whose offsets point to nowhere",
        5,
        ["freedict-eng-fin.index:6: the entry of 'water' ends at byte", "whole, and of one version?"],
        lambda b: b.generate(dictionaries=b.dictionaries(lambda lines: lines.rstrip() + b"AA\n")),
    ),
    (
        "a dictionary whose offsets are no numbers",
        5,
        ["freedict-eng-fin.index:7: b'word\\t?\\t?'", "a headword, an offset and a length in base 64"],
        lambda b: b.generate(dictionaries=b.dictionaries(lambda lines: lines + b"word\t?\t?\n")),
    ),
    (
        "a dictionary whose entries are not there",
        4,
        ["freedict-eng-fin.dict: cannot be read (No such file"],
        lambda b: b.after(
            b.dictionaries(),
            (b.folder / "dictionaries" / "freedict-eng-fin.dict.dz").unlink(),
            then=b.generate(dictionaries=b.folder / "dictionaries"),
        ),
    ),
    ("no queries to write", 2, ["num_queries is 0: at least 1 is expected"], lambda b: b.generate(num_queries=0)),
    ("no tries", 2, ["tries is 0: at least 1 is expected"], lambda b: b.generate(tries=0)),
    ("no passages to write for", 2, ["limit is 0: at least 1 is expected"], lambda b: b.generate(limit=0)),
    ("no passages a part", 2, ["part_size is 0: at least 1 is expected"], lambda b: b.generate(part_size=0)),
    ("no terms", 2, ["terms is 0: at least 1 is expected"], lambda b: b.generate(terms=0)),
    (
        "a share of letters above 1",
        2,
        ["least_script is 2.0: a share, 0 to 1, is expected"],
        lambda b: b.generate(least_script=2),
    ),
    (
        "queries of no characters",
        2,
        ["max_characters is 0: at least 1 is expected"],
        lambda b: b.generate(max_characters=0),
    ),
    ("an unknown generator", 2, ["--generator", "seq2seq"], lambda b: b.generate(generator="mt5")),
    (
        "an option that another generator has",
        2,
        ["the generator lexicon has no option --url; it has --encoder, --dictionaries, --terms, --questions, --device"],
        lambda b: b.generate(url="http://localhost:8000/v1"),
    ),
    (
        "a server without its address and model",
        2,
        ["the generator server needs --url, --model"],
        lambda b: b.generate(generator="server"),
    ),
    (
        "an address that is none",
        2,
        ["the url of the server is", "expected: http:// or https://, a host and a path, such as http://localhost:8000"],
        lambda b: b.server(url="localhost:8000/v1"),
    ),
    (
        "a server where nobody is",
        6,
        ["http://127.0.0.1:9/v1: no connection (", "tried 1 times", "the same command goes on where it stopped"],
        lambda b: b.server(url="http://127.0.0.1:9/v1", retries=0),
    ),
    (
        "no requests at once",
        2,
        ["concurrency 0", "(all above 0)"],
        lambda b: b.server(concurrency=0),
    ),
    (
        "a language model that is not named",
        2,
        ["the generator causal needs --model"],
        lambda b: b.generate(generator="causal"),
    ),
    (
        "no model to write with",
        4,
        ["model", "nowhere: no such folder"],
        lambda b: b.generate(generator="seq2seq", model=b.folder / "nowhere"),
    ),
    (
        "a folder that is no model",
        4,
        ["dictionaries: cannot be loaded (", "with config.json, weights and tokenizer"],
        lambda b: b.generate(generator="seq2seq", model=b.dictionaries()),
    ),
    (
        "a model of another kind",
        4,
        ["cannot be loaded (a bert model is no sequence-to-sequence model)"],
        lambda b: b.generate(generator="seq2seq", model=b.model),
    ),
    (
        "an mT5 in float16",
        2,
        ["float16 with a model of the type mt5", "take float32 or bfloat16"],
        lambda b: b.generate(generator="seq2seq", model=b.mt5(), dtype="float16"),
    ),
    (
        "a prompt without the passage",
        2,
        ["has no {passage}: every passage would get the same queries"],
        lambda b: b.generate(generator="seq2seq", model=b.model, prompt="Ask in {language}"),
    ),
    (
        "a filter without an encoder",
        2,
        ["--keep needs --encoder, the retriever's"],
        lambda b: b.generate(filter=0.5),
    ),
    (
        "a filter of the first passages",
        2,
        ["leave out --limit, or --keep"],
        lambda b: b.generate(filter=0.5, encoder=b.model, limit=3),
    ),
    (
        "a filter that keeps nothing",
        2,
        ["keep is 0.0: a share above 0, up to 1, is expected"],
        lambda b: b.generate(filter=0, encoder=b.model),
    ),
    (
        "a filter's output where something else is, before anything is written",
        2,
        ["out is there and is no artifact of xqg"],
        lambda b: b.after(b.output.mkdir(), b.file("out/a", b"x"), then=b.generate(filter=0.5, encoder=b.model)),
    ),
    (
        "a filter's output that was not filtered",
        2,
        ["out is there, made with other settings or inputs", "now 0.5"],
        lambda b: b.after(b.made(*b.generate()), then=b.generate(filter=0.5, encoder=b.model)),
    ),
    (
        "a filtered folder, to be extended",
        2,
        ["out is there, made with other settings or inputs", "Only languages and queries can be added"],
        lambda b: b.after(b.made(*b.generate(filter=0.5, encoder=b.model)), then=b.generate()),
    ),
    (
        "queries where something else is",
        2,
        ["out is there and is no artifact of xqg; choose another output, or remove it"],
        lambda b: b.after(b.output.mkdir(), b.file("out/thesis.tex", b"mine"), then=b.generate()),
    ),
    (
        "queries of other settings are there",
        2,
        ["out is there, made with other settings or inputs: seed was 0, now 1", "can be added"],
        lambda b: b.after(b.made(*b.generate()), then=b.generate(seed=1)),
    ),
    (
        "an index where queries go",
        2,
        ["out is there, made with other settings or inputs: kind was 'index', now 'queries'"],
        lambda b: b.after(b.made(*b.index()), then=b.generate()),
    ),
    (
        "no corpus to write for",
        4,
        ["nowhere: no such file or folder"],
        lambda b: b.generate(corpus=b.folder / "nowhere", generator="seq2seq", model=b.folder / "neither"),
    ),
    (
        "an empty corpus to write for",
        5,
        ["c.jsonl: the corpus is empty"],
        lambda b: b.generate(corpus=b.file("c.jsonl", b"")),
    ),
    (
        "empty passages only",
        5,
        ["c.jsonl: all 2 passages are empty; there is nothing to ask about"],
        lambda b: b.generate(corpus=b.lines("c.jsonl", {"id": "a", "text": ""}, {"id": "b", "text": " "})),
    ),
    (
        "a passage twice to write for",
        5,
        ["corpus.jsonl:6: the id 'd2' was there before"],
        lambda b: b.generate(corpus=b.corpus({"id": "d2", "text": "x"})),
    ),
    (
        "a passage without text to write for",
        5,
        ["corpus.jsonl:6: no text"],
        lambda b: b.generate(corpus=b.corpus({"id": "d5"})),
    ),
    (
        "an encoder that is not there",
        4,
        ["nowhere: no such folder"],
        lambda b: b.generate(encoder=b.folder / "nowhere"),
    ),
    # xqg score and xqg filter.
    ("no depth", 2, ["depth is 0", "at least 1 is expected"], lambda b: b.score(depth=0)),
    ("scores of no queries", 4, ["nowhere: no such file"], lambda b: b.score(queries=b.folder / "nowhere")),
    (
        "scores of the queries of another corpus",
        5,
        ["q.jsonl: none of its 1 records has the id of a passage"],
        lambda b: b.score(queries=b.lines("q.jsonl", {"id": "x", "queries": {"fi": ["joki"]}})),
    ),
    (
        "ranks in an index that is none",
        4,
        ["nowhere/docid: cannot be read (No such file", "a Pyserini index folder holds index and docid"],
        lambda b: b.score(index=b.folder / "nowhere"),
    ),
    (
        "ranks in an index of another corpus",
        5,
        ["is of another corpus, or of this one in another order: its docid differs"],
        lambda b: b.score(index=b.plain, corpus=b.corpus({"id": "d5", "text": "x"})),
    ),
    (
        "ranks in an index of another dimension",
        2,
        ["stock has vectors of 24 dimensions and the encoder makes 32"],
        lambda b: b.score(index=b.stock_index(dimension=24)),
    ),
    (
        "ranks in a damaged index",
        5,
        ["copy/index: faiss cannot read it; is it whole?"],
        lambda b: b.score(index=b.plain_with(index=b"IxFI")),
    ),
    ("nothing to filter by", 2, ["nothing to filter by"], lambda b: b.filter(b.scored())),
    ("a share above 1", 2, ["keep is 1.5: a share above 0"], lambda b: b.filter(b.scored(), keep=1.5)),
    ("a least score that is none", 2, ["least_score is nan"], lambda b: b.filter(b.scored(), least_score="nan")),
    (
        "a round trip without ranks",
        2,
        ["scored was scored without an index", "--index and --depth 3"],
        lambda b: b.filter(b.scored(), round_trip=3),
    ),
    (
        "a round trip deeper than the ranks",
        2,
        ["scored was scored to depth 2, so there is no round trip of 3"],
        lambda b: b.filter(b.scored(index=b.plain, depth=2), round_trip=3),
    ),
    (
        "queries that were not scored",
        5,
        ["made holds queries; queries scored by xqg score are expected"],
        lambda b: b.after(b.made(*b.generate(output=b.folder / "made")), then=b.filter(b.folder / "made", keep=0.5)),
    ),
    (
        "a scored folder that is not there",
        4,
        ["nowhere/xqg.json: cannot be read (No such file"],
        lambda b: b.filter(b.folder / "nowhere", keep=0.5),
    ),
    (
        "a filtered folder of another share",
        2,
        ["out is there, made with other settings or inputs: settings.filter.keep was 0.5, now 0.6"],
        lambda b: b.after(b.made(*b.filter(b.scored(), keep=0.5)), then=b.filter(b.folder / "scored", keep=0.6)),
    ),
    # The command line itself.
    ("a missing option", 2, ["--corpus"], lambda b: b.index(corpus=None)),
    ("an unknown option", 2, ["--alhpa"], lambda b: [*b.index(), "--alhpa", 0.1]),
    ("an unknown command", 2, ["indx"], lambda b: ["indx", *b.index()[1:]]),
    (
        "a bad corpus on a dry run",
        5,
        ["corpus.jsonl:6: no id"],
        lambda b: b.index(corpus=b.corpus({"text": "x"}), dry_run=True),
    ),
]


def row(name: str, code: int, fragments: list[str], command: Command, *marks: pytest.MarkDecorator) -> object:
    return pytest.param(command, code, fragments, id=name, marks=marks)


@pytest.mark.parametrize(
    ("command", "code", "fragments"),
    [
        *(row(*entry) for entry in BAD),
        row(
            "a corpus that may not be read",
            4,
            ["corpus.jsonl: cannot be read (Permission denied)"],
            lambda b: b.index(corpus=b.closed(b.corpus())),
            NOT_FOR_ROOT,
        ),
        row(
            "a folder that may not be read",
            4,
            ["closed: cannot be read (Permission denied)"],
            lambda b: b.after((b.folder / "closed").mkdir(), then=b.index(corpus=b.closed(b.folder / "closed"))),
            NOT_FOR_ROOT,
        ),
        row(
            "an output where nothing may be written",
            4,
            ["Permission denied; a folder that can be written is expected"],
            lambda b: b.after(
                (b.folder / "closed").mkdir(),
                then=b.index(output=b.closed(b.folder / "closed") / "deeper" / "out"),
            ),
            NOT_FOR_ROOT,
        ),
    ],
)
def test_a_fault_ends_in_a_message_and_its_exit_code(
    command: Command, code: int, fragments: list[str], bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command(bench)
    output = Path(str(arguments[arguments.index("--output") + 1]))
    before = content(output)
    capsys.readouterr()
    assert call(*arguments) == code
    said = capsys.readouterr().err
    for fragment in fragments:
        assert fragment in said
    assert "Traceback" not in said
    assert content(output) == before


def test_a_generator_whose_package_is_missing_says_what_installs_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    assert call(*bench.generate(generator="ctranslate2", model=bench.mt5())) == 3
    assert "CTranslate2 is not installed" in (said := capsys.readouterr().err)
    assert 'pip install -e ".[ct2]"' in said and "Traceback" not in said


def test_a_key_that_can_be_none_is_not_shown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_KEY", "secret and more")
    assert call(*bench.server(key_variable="MY_KEY")) == 3
    assert "the environment variable MY_KEY holds no key" in (said := capsys.readouterr().err)
    assert "secret" not in said


def test_a_lack_of_memory_ends_in_a_message(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyserini_xqg.indexing import form

    monkeypatch.setattr(form, "make_index", lambda *_: np.ones(2**50))
    assert call(*bench.index()) == 6
    said = capsys.readouterr().err
    assert "xqg: out of memory (" in said and "a smaller model or input" in said
    monkeypatch.setattr(form, "make_index", lambda *_: np.ones(2) @ np.ones(3))
    with pytest.raises(ValueError, match="mismatch"):
        call(*bench.index())


def test_queries_of_an_unknown_passage_are_not_shown(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", bench.queries(), "--id", "d77") == 5
    assert "queries.jsonl: none of its 5 records has the id 'd77'" in capsys.readouterr().err
    assert call("show", bench.folder / "nowhere", "--id", "d0") == 4
    assert "nowhere: no such file or folder" in capsys.readouterr().err


def test_the_folder_one_is_in_is_no_output(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.corpus()
    with chdir(bench.folder):
        assert call(*bench.index(output=".")) == 2
    assert "is there and is no artifact of xqg" in capsys.readouterr().err


def test_the_same_command_again_does_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*bench.index(queries=bench.queries())) == 0
    first, printed = content(bench.output), capsys.readouterr().out
    times = [file.stat().st_mtime_ns for file in sorted(bench.output.iterdir())]
    assert call(*bench.index(queries=bench.queries())) == 0
    assert f"{bench.output} is there already, made with the same settings from the same inputs" in caplog.text
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(printed.splitlines())
    assert content(bench.output) == first
    assert [file.stat().st_mtime_ns for file in sorted(bench.output.iterdir())] == times
    assert not bench.output.with_name("out.partial").exists()


GOOD: list[tuple[str, dict[str, str], list[str], Command]] = [
    (
        "empty text",
        {"passages": "7", "empty passages": "1"},
        ["e0", "e1"],
        lambda b: b.index(corpus=b.corpus({"id": "e0", "text": ""}, {"id": "e1", "text": "", "title": "river"})),
    ),
    (
        "a null title",
        {"passages": "6", "empty passages": "0"},
        ["n"],
        lambda b: b.index(corpus=b.corpus({"id": "n", "text": "river", "title": None})),
    ),
    (
        "blank lines",
        {"passages": "6"},
        ["x"],
        lambda b: b.index(corpus=b.corpus(b"", b"  ", b"\r", {"id": "x", "text": "river"}, b"", b"\t")),
    ),
    (
        "a byte order mark",
        {"passages": "5"},
        [],
        lambda b: b.index(corpus=b.file("c.jsonl", b"\xef\xbb\xbf" + b.corpus().read_bytes())),
    ),
    (
        "lines ending as on Windows",
        {"passages": "5"},
        [],
        lambda b: b.index(corpus=b.file("c.jsonl", b.corpus().read_bytes().replace(b"\n", b"\r\n"))),
    ),
    (
        "no newline at the end",
        {"passages": "5"},
        [],
        lambda b: b.index(corpus=b.file("c.jsonl", b.corpus().read_bytes().rstrip())),
    ),
    (
        "whole numbers as ids",
        {"passages": "7", "passages without queries": "6", "queries": "fi 1"},
        ["17", "0"],
        lambda b: b.index(
            corpus=b.corpus({"id": 17, "text": "river"}, {"id": 0, "text": "bridge"}),
            queries=b.lines("q.jsonl", {"id": 17, "queries": {"fi": ["joki"]}}),
        ),
    ),
    (
        "empty queries",
        {"passages without queries": "4", "queries": "fi 1"},
        [],
        lambda b: b.index(
            queries=b.lines(
                "q.jsonl",
                {"id": "d0", "queries": {"fi": ["", " \t", "joki"], "ru": [""]}},
                {"id": "d1", "queries": {"fi": []}},
                {"id": "d2", "queries": {}},
            )
        ),
    ),
    (
        "nothing but empty queries, of no weight",
        {"passages without queries": "5", "queries": "none"},
        [],
        lambda b: b.index(queries=b.lines("q.jsonl", {"id": "d0", "queries": {"fi": [""]}}), alpha=0),
    ),
    (
        "queries of unknown ids among known ones",
        {"passages without queries": "0", "queries": "fi 5", "queries records with unknown id": "2"},
        [],
        lambda b: b.index(
            queries=b.queries({"id": "x", "queries": {"fi": ["joki"]}}, {"id": "y", "queries": {"ru": ["мост"]}})
        ),
    ),
    (
        "a plain file that is named .gz",
        {"passages": "5"},
        [],
        lambda b: b.index(corpus=b.file("corpus.jsonl.gz", b.corpus().read_bytes())),
    ),
    (
        "gzip files in a folder",
        {"passages": "5"},
        [],
        lambda b: b.after(
            (b.folder / "corpus").mkdir(),
            b.file("corpus/a.jsonl.gz", gzip.compress(b.lines("a", *PASSAGES[:2]).read_bytes())),
            b.lines("corpus/b.json", *PASSAGES[2:]),
            b.file("corpus/notes.txt", b"no JSON"),
            then=b.index(corpus=b.folder / "corpus"),
        ),
    ),
]


@pytest.mark.parametrize(
    ("command", "counts", "more"),
    [pytest.param(command, counts, more, id=name) for name, counts, more, command in GOOD],
)
def test_what_is_uncommon_is_worked_with_and_counted(
    command: Command, counts: dict[str, str], more: list[str], bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*command(bench)) == 0
    printed = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert {name: printed[name] for name in counts} == counts
    ids = [*(passage["id"] for passage in PASSAGES), *more]
    assert (bench.output / "docid").read_text(encoding="utf-8").splitlines() == ids
    index = faiss.read_index(str(bench.output / "index"))
    assert index.ntotal == len(ids)
    assert np.isfinite(index.reconstruct_n(0, len(ids))).all()
    assert [path.name for path in bench.folder.glob("out*")] == ["out"]
