"""Every public entry that takes a path, called with one; ``test_public_names.py`` runs them, and mypy reads them.

A call gets a :class:`Place`, which gives paths in it as texts or as pathlib's, and is of the entries that it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg import XqgDocumentEncoder, XqgIndexBuilder, XqgQueryBuilder, XqgQueryEncoder, make_generator
from pyserini_xqg import collection as c
from pyserini_xqg import evaluation as e
from pyserini_xqg import export as x
from pyserini_xqg import generation as g
from pyserini_xqg import indexing as i
from pyserini_xqg import reporting as r
from pyserini_xqg import storage as s
from pyserini_xqg import training as t
from pyserini_xqg.encoding import EncoderSettings, read_encoder


@dataclass
class Place:
    """A folder, and how paths in it are written."""

    folder: Path
    written: Callable[[Path], str | Path]

    def __call__(self, name: str) -> str | Path:
        return self.written(self.folder / name)


@dataclass
class Calls:
    """Calls by the entries that they are of."""

    known: dict[tuple[str, ...], Callable[[Place], object]] = field(default_factory=dict)

    def of(self, *entries: str) -> Callable[[Callable[[Place], object]], Callable[[Place], object]]:
        def keep(call: Callable[[Place], object]) -> Callable[[Place], object]:
            self.known[entries] = call
            return call

        return keep


CALLS, SLOW_CALLS = Calls(), Calls()
# The tiny model has no more positions.
LENGTHS: dict[str, Any] = {"query_max_length": 16, "passage_max_length": 32}


@CALLS.of(
    *("EncoderSettings", "XqgIndexBuilder", "XqgIndexBuilder.build", "XqgIndexBuilder.plan"),
    *("XqgIndexBuilder.build_shard", "XqgIndexBuilder.prepare", "XqgIndexBuilder.finish"),
    *("XqgIndexBuilder.augment", "read_encoder", "read_augmentation", "KeptVectors", "Sweep", "QuestionSet.read"),
    *("Sweep.cross_validate", "Sweep.choose_and_test", "Sweep.build"),
    *("XqgDocumentEncoder", "XqgQueryEncoder", "Manifest.read", "Manifest.write", "score_queries", "filter_queries"),
)
def index(place: Place) -> None:
    settings = EncoderSettings(place("encoder"), query_model=place("encoder"))
    form = i.IndexSettings(keep_vectors=True)
    hubness = i.AugmentationSettings(alpha=0.2, reduce_hubness=0.5)
    builder = XqgIndexBuilder(settings, hubness, form, hubness_topics=place("fi.tsv"), device="cpu")
    builder.plan(place("corpus.jsonl"), place("queries.jsonl"), place("index"))
    builder.build(place("corpus.jsonl"), place("queries.jsonl"), place("index"))
    plain = XqgIndexBuilder(place("encoder"), i.AugmentationSettings(alpha=0), device="cpu")
    plain.build(place("corpus.jsonl"), None, place("plain"))
    plain.prepare(place("corpus.jsonl"), None, place("shards"))
    assert plain.build_shard(place("corpus.jsonl"), None, place("shards"), s.Shard(1, 1))
    assert plain.finish(place("corpus.jsonl"), None, place("shards"))
    XqgIndexBuilder(device="cpu").augment(place("plain"), place("queries.jsonl"), place("augmented"))
    assert i.read_augmentation(place("index")).alpha == 0.2
    assert read_encoder(place("index"), "query").model
    assert i.KeptVectors(place("index")).rows == 23
    questions = e.QuestionSet.read([("fi", place("fi.tsv"))], place("qrels.txt"), place("gold.jsonl"))
    hubness_topics, corpus = place("fi.tsv"), place("corpus.jsonl")
    sweep = e.Sweep(place("index"), ["RR@10", "R@2kt"], hubness_topics=hubness_topics, corpus=corpus, device="cpu")
    sweep.cross_validate(questions, 2, cluster=place("clusters.tsv"))
    chosen = sweep.choose_and_test(questions, questions, place("clusters.tsv"))
    sweep.build(chosen, place("best"), {"fi.tsv": "0"})
    assert len(XqgDocumentEncoder(place("index"), "cpu").encode(["joki"])) == 1
    assert len(XqgQueryEncoder(place("index"), "cpu").encode_batch(["joki"])) == 1
    s.Manifest.read(place("index")).write(place("plain"))
    scoring = place("corpus.jsonl"), place("queries.jsonl"), place("encoder"), place("scored")
    g.score_queries(*scoring, index=place("augmented"), device="cpu")
    g.filter_queries(place("scored"), g.FilterSettings(keep=0.5), place("filtered"))


@CALLS.of("export_index", "ExportSettings")
def exported(place: Place) -> None:
    XqgIndexBuilder(place("encoder"), device="cpu").build(place("corpus.jsonl"), None, place("index"))
    settings = x.ExportSettings("jsonl", topics=[("fi", place("fi.tsv"))])
    assert x.export_index(place("index"), place("exported"), settings, device="cpu").counts["passages"] == 23


@CALLS.of(
    *("make_generator", "LexiconGenerator", "XqgQueryBuilder.build", "XqgQueryBuilder.plan"),
    *("ShardQueryBuilder.build", "ShardQueryBuilder.plan", "ShardQueryBuilder.build_shard"),
)
def lexicon(place: Place) -> None:
    generator = make_generator(
        "lexicon",
        place("corpus.jsonl"),
        ["fi"],
        encoder=place("encoder"),
        dictionaries=place("dictionaries"),
        questions=place("fi-en"),
        device="cpu",
    )
    builder = XqgQueryBuilder(generator, ["fi"])
    builder.plan(place("corpus.jsonl"), place("written"))
    builder.build(place("corpus.jsonl"), place("written"))
    shards = g.ShardQueryBuilder(generator, ["fi"])
    shards.plan(place("corpus.jsonl"), place("shards"))
    assert shards.build_shard(place("corpus.jsonl"), place("shards"), s.Shard(1, 1))
    shards.build(place("corpus.jsonl"), place("shards"))
    g.LexiconGenerator(place("corpus.jsonl"), ["fi"], encoder=place("encoder"), dictionaries=place("dictionaries"))


@SLOW_CALLS.of("Seq2SeqGenerator", "CTranslate2Generator", "CausalGenerator")
def generators(place: Place) -> None:
    models = (
        g.Seq2SeqGenerator(model=place("t5"), device="cpu", output_length=4),
        g.CTranslate2Generator(model=place("t5"), device="cpu", output_length=4),
        g.CausalGenerator(place("causal"), device="cpu", output_length=4),
    )
    for number, model in enumerate(models):
        XqgQueryBuilder(model, ["fi"], 1, limit=2).build(place("corpus.jsonl"), place(f"by-{number}"))


@CALLS.of(
    *("Corpus", "sample_passages", "jsonl_files", "read_records", "Record", "Record.parse", "read_topics"),
    *("write_corpus", "write_queries", "write_topics", "write_qrels", "write_examples", "read_examples"),
)
def collection(place: Place) -> None:
    passages = [passage for _, passage in c.Corpus(place("corpus.jsonl"), 10).scan()]
    assert c.sample_passages(place("corpus.jsonl"), 5)
    (file,) = s.jsonl_files(place("corpus.jsonl"))
    first = next(s.read_records(place("corpus.jsonl")))
    assert first.file == file
    assert s.Record.parse(b"{}", place("corpus.jsonl"), 1, 0) == s.Record({}, place("corpus.jsonl"), 1, 0)
    c.write_corpus(passages, place("written.jsonl"))
    c.write_queries({"d1": {"fi": ["joki"]}}, place("written-queries.jsonl"))
    question = c.Question("q1", "joki", "d1")
    c.write_topics([question], place("written.tsv"))
    assert [*c.read_topics(place("written.tsv"))] == [("q1", "joki")]
    c.write_qrels([question], place("written-qrels.txt"))
    c.write_examples([c.TrainingExample("q1", "joki", "fi", (passages[0],))], place("examples.jsonl"))
    assert len(c.read_examples(place("examples.jsonl"))) == 1


@CALLS.of("write_data_set", "DataSettings")
def published_data(place: Place) -> None:
    settings = c.DataSettings(place=place("published"), languages=("fi",), unchecked=True)
    manifest = c.write_data_set("flores", place("flores"), settings)
    assert manifest.counts["questions"] == {"fi": 4}


@CALLS.of("read_squad_folder", "read_afriqa_folder", "read_xnli", "align", "AlignmentSettings")
def data_sets(place: Place) -> None:
    assert c.read_squad_folder(place("squad")).questions["fi"]
    assert c.read_afriqa_folder(place("afriqa"), "dev").questions["ha"]
    text = c.read_xnli(place("xnli"))
    encoder = EncoderSettings(place("encoder"))
    settings = e.AlignmentSettings(cluster=place("pairs.tsv"))
    found = e.align(text, encoder, {"own": place("of-xnli.jsonl")}, place("alignment"), settings, device="cpu")
    assert found.reports


@CALLS.of(
    *("RunFiles", "languages_of_topics", "read_run", "read_qrels", "read_gold", "read_texts"),
    *("read_predictions", "write_predictions", "ReportFiles", "make_report", "find_clusters"),
)
def evaluation(place: Place) -> None:
    assert e.languages_of_topics([("fi", place("fi.tsv"))])["fi"]
    run, gold = e.read_run(place("run.txt")), e.read_gold(place("gold.jsonl"))
    assert e.read_qrels(place("qrels.txt")).keys() == run.keys() == gold.keys()
    assert e.read_texts(place("corpus.jsonl"), run)
    asked = e.languages_of_topics([("fi", place("fi.tsv"))])
    assert e.find_clusters(asked, by=place("clusters.tsv")).sizes(asked).clusters == 4
    e.write_predictions([], place("no-predictions.json"))
    of_ranks = e.RunFiles(
        {"run": place("run.txt")},
        qrels=place("qrels.txt"),
        topics=[("fi", place("fi.tsv"))],
        corpus=place("corpus.jsonl"),
    )
    of_texts = e.RunFiles(
        {"run": place("run.txt")},
        gold=place("gold.jsonl"),
        corpus=place("corpus.jsonl"),
        exports={"run": place("predictions.json")},
    )
    e.evaluate_files(of_texts)
    assert e.read_predictions(place("predictions.json"))
    again = e.RunFiles({}, {"again": place("predictions.json")}, gold=place("gold.jsonl"))
    assert e.evaluate_files(again)
    XqgIndexBuilder(place("encoder"), device="cpu").build(place("corpus.jsonl"), None, place("shown"))
    files = r.ReportFiles(of_ranks, artifacts=[place("shown")], queries=place("queries.jsonl"))
    assert r.make_report(files, place("report"))


@SLOW_CALLS.of(
    *("RetrieverTraining.run", "train_retriever", "RetrieverSettings", "TrainingDataSettings"), "RetrieverDataSettings"
)
def retriever(place: Place) -> None:
    data = t.TrainingDataSettings(
        (place("train.jsonl"),), (place("dev.jsonl"),), dev_corpus=place("corpus.jsonl"), leaks="allow"
    )
    settings = t.RetrieverSettings(base=place("encoder"), batch_size=10, epochs=1, **LENGTHS)
    t.train_retriever(data, place("retriever"), settings, device="cpu")
    t.RetrieverTraining(data, settings, "cpu").run(place("retriever"))
    generated = t.RetrieverDataSettings(
        (place("train.jsonl"),), generated=(place("of-train.jsonl"),), generated_corpus=place("of-train-corpus.jsonl")
    )
    t.train_retriever(generated, place("retriever-with-queries"), settings, device="cpu")


@SLOW_CALLS.of("GeneratorTraining.run", "train_generator", "GeneratorSettings")
def generator(place: Place) -> None:
    data = t.TrainingDataSettings((place("train.jsonl"),))
    settings = t.GeneratorSettings(base=place("t5"), batch_size=10, steps=1)
    t.train_generator(data, place("generator"), settings, device="cpu")
    t.GeneratorTraining(data, settings, "cpu").run(place("generator"))


@SLOW_CALLS.of("distill_quick", "distill_dr_decr", "DistillDataSettings")
def distillation(place: Place) -> None:
    train = (place("train.jsonl"),)
    small = {"base": place("encoder"), "batch_size": 10, "epochs": 1, "negatives": 2, **LENGTHS}
    quick = t.distill_settings("quick", {**small, "teacher": place("t5")})
    queries, corpus = (place("of-train.jsonl"),), place("of-train-corpus.jsonl")
    written = t.DistillDataSettings(train, queries=queries, queries_corpus=corpus)
    t.distill_quick(written, place("quick"), quick, device="cpu")
    dr_decr = t.distill_settings("dr-decr", {**small, "teacher": place("encoder"), "parallel_epochs": 1})
    parallel = t.DistillDataSettings(train, parallel=(place("fi-en"),))
    t.distill_dr_decr(parallel, place("dr-decr"), dr_decr, device="cpu")


@SLOW_CALLS.of(
    *("mine", "mine_sentri", "mine_cora", "mine_negatives", "Mining", "Mining.plan", "Mining.run"),
    *("MiningInputs", "MiningSettings", "run_rounds"),
)
def mining(place: Place) -> None:
    inputs = t.MiningInputs(questions=(place("train.jsonl"),), corpus=place("train-corpus.jsonl"))
    encoder, device = place("encoder"), "cpu"
    t.mine_sentri(inputs, place("sentri"), encoder, device=device)
    t.mine_negatives(inputs, place("negatives"), encoder, device=device)
    reader = place("t5")
    t.mine_cora(inputs, place("cora"), encoder, reader=reader, device=device, depth=2, reader_output_length=2)
    XqgIndexBuilder(encoder, i.AugmentationSettings(alpha=0), device=device).build(
        place("train-corpus.jsonl"), None, place("index-of-train")
    )
    with_index = t.MiningInputs(
        questions=(place("train.jsonl"),), corpus=place("train-corpus.jsonl"), index=place("index-of-train")
    )
    cora = t.MiningSettings(recipe="cora", reader=reader, depth=2, reader_output_length=2)
    t.Mining(with_index, cora, device=device).plan(place("mined"))
    t.Mining(inputs, cora, encoder, device=device).run(place("mined"))
    t.mine(inputs, place("mined"), cora, encoder, device=device)
    sentri = t.mining_settings({"recipe": "sentri", "negatives": 2})
    training = {"epochs": 1, "batch_size": 10, "negatives": 2, **LENGTHS}
    t.run_rounds(1, inputs, place("rounds"), sentri, encoder, training, device=device)
