from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.published import writing
from pyserini_xqg.collection.published.by_name import NAMES, published
from pyserini_xqg.collection.published.fetching import Sources
from pyserini_xqg.collection.published.writing import DataSettings, write_data_set
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError
from pyserini_xqg.evaluation.files.trec import read_qrels
from pyserini_xqg.evaluation.files.xor_retrieve import read_gold
from pyserini_xqg.storage.manifest import Manifest
from tests.fixtures.published import QUESTIONS, add_xor_tydi_rest, asked, stand_in


def settings(place: Path, **given: object) -> DataSettings:
    return DataSettings(place=place, unchecked=True, **given)  # type: ignore[arg-type]


def passages(folder: Path) -> list[str]:
    return [passage.id for _, passage in Corpus(folder / "corpus", 10).scan()]


@pytest.mark.parametrize(
    ("name", "split"), [(name, split) for name in NAMES for split in published(name).splits], ids="-".join
)
def test_each_is_written_in_the_formats_that_are_read(name: str, split: str, tmp_path: Path) -> None:
    wanted = asked(name, split, published(name).splits[split][:3])
    place = stand_in(name, tmp_path / "published", asked(name, split))
    output = tmp_path / "data"
    manifest = write_data_set(name, output, settings(place, split=split, languages=wanted.languages))
    topics = dict(read_topics(output / "topics.tsv"))
    by_language = {code: [*read_topics(output / f"topics.{code}.tsv")] for code in wanted.languages}
    # An id is of one question, whatever ids the languages have.
    assert len(topics) == sum(map(len, by_language.values())) == sum(manifest.counts["questions"].values()) > 0
    assert manifest.counts["questions"].keys() == {*wanted.languages}
    if "judgements" in manifest.counts:
        qrels = read_qrels(output / "qrels.txt")
        assert qrels.keys() <= topics.keys()
        assert sum(map(len, qrels.values())) == manifest.counts["judgements"]
    else:
        assert read_gold(output / "gold.jsonl").keys() == topics.keys()
    if "passages" in manifest.counts:
        there = passages(output)
        assert len(there) == manifest.counts["passages"]
        assert {passage for each in qrels.values() for passage in each} <= {*there}
    read = Manifest.read(output)
    assert read.kind == "data" and read.details["licence"] and read.settings["split"] == split


def test_questions_of_squad_ask_for_their_own_paragraph(tmp_path: Path) -> None:
    place = stand_in("xquad", tmp_path / "published")
    write_data_set("xquad", tmp_path / "data", settings(place, languages=("hi", "ar")))
    topics = dict(read_topics(tmp_path / "data" / "topics.tsv"))
    assert topics["ar-q2"] == "xquad.ar 2?" and topics["hi-q2"] == "xquad.hi 2?"
    assert read_qrels(tmp_path / "data" / "qrels.txt")["hi-q2"] == {"p2": 1}
    assert read_gold(tmp_path / "data" / "gold.jsonl")["ar-q2"].language == "ar"


def test_ids_that_count_from_0_in_each_language_are_told_apart(tmp_path: Path) -> None:
    place = stand_in("mr-tydi", tmp_path / "published")
    manifest = write_data_set("mr-tydi", tmp_path / "data", settings(place, languages=("sw", "te")))
    assert manifest.counts == {"questions": {"sw": QUESTIONS, "te": QUESTIONS}, "judgements": 4}
    assert "sw-0" in dict(read_topics(tmp_path / "data" / "topics.sw.tsv"))
    qrels = read_qrels(tmp_path / "data" / "qrels.txt")
    assert qrels["sw-0"] != qrels["te-0"] and [*qrels["sw-1"].values()] == [0]


def test_the_misprint_of_ciral_is_mended(tmp_path: Path) -> None:
    place = stand_in("ciral", tmp_path / "published", asked("ciral", "test-b-native", ["sw"]))
    ids = [str(number) for number in range(169, 238)] + ["237", "239"]
    topics = place / "topics.ciral-v1.0-sw-test-b-native.tsv"
    topics.write_text("".join(f"{identifier}\tswali {n}?\n" for n, identifier in enumerate(ids)), encoding="utf-8")
    (place / "qrels.ciral-v1.0-sw-test-b.tsv").write_text("237 Q0 a 1\n238 Q0 b 1\n", encoding="utf-8")
    write_data_set("ciral", tmp_path / "data", settings(place, split="test-b-native", languages=("sw",)))
    asked_by_id = dict(read_topics(tmp_path / "data" / "topics.tsv"))
    assert asked_by_id["sw-237"] == "swali 68?" and asked_by_id["sw-238"] == "swali 69?"
    topics.write_text("1\ta\n1\tb\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="an id is there twice"):
        write_data_set("ciral", tmp_path / "other", settings(place, split="test-b-native", languages=("sw",)))


def test_qrels_of_other_questions_are_refused(tmp_path: Path) -> None:
    place = stand_in("miracl", tmp_path / "published", asked("miracl", "dev", ["sw"]))
    (place / "qrels.miracl-v1.0-sw-dev.tsv").write_text("99\tQ0\ta\t1\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"no question of topics\.miracl-v1\.0-sw-dev\.tsv"):
        write_data_set("miracl", tmp_path / "data", settings(place, languages=("sw",)))
    (place / "qrels.miracl-v1.0-sw-dev.tsv").write_text("0\tQ0\ta\tyes\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"dev\.tsv:1: .* question, Q0, passage and relevance"):
        write_data_set("miracl", tmp_path / "data", settings(place, languages=("sw",)))


def test_arabic_of_xor_tydi_is_one_language(tmp_path: Path) -> None:
    place = stand_in("xor-tydi", tmp_path / "published", asked("xor-tydi", "train"))
    manifest = write_data_set("xor-tydi", tmp_path / "data", settings(place, split="train"))
    assert manifest.counts["questions"]["ar"] == QUESTIONS
    assert {each.language for each in read_gold(tmp_path / "data" / "gold.jsonl").values()} == {
        *("ar", "bn", "fi", "ja", "ko", "ru", "te")
    }


@pytest.fixture
def whole_xor_tydi(tmp_path: Path) -> Path:
    place = stand_in("xor-tydi", tmp_path / "published")
    add_xor_tydi_rest(place)
    return place


@pytest.mark.slow
def test_rows_of_dev_questions_are_left_out_and_the_others_completed(
    whole_xor_tydi: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = write_data_set("xor-tydi", tmp_path / "data", settings(whole_xor_tydi, parts=("training",)))
    assert (manifest.counts["training_rows"], manifest.counts["rows_of_dev_questions"]) == (21, 7)
    assert "7 rows have the text of a question of dev" in caplog.text
    examples: list[TrainingExample] = read_examples(tmp_path / "data" / "train.jsonl")
    assert len(examples) == 21
    assert {each.language for each in examples} == {"ar", "bn", "fi", "ja", "ko", "ru", "te"}
    assert all(each.answers and each.positives and each.negatives for each in examples)


def test_corpus_and_queries_of_xor_tydi_go_together(whole_xor_tydi: Path, tmp_path: Path) -> None:
    manifest = write_data_set("xor-tydi", tmp_path / "data", settings(whole_xor_tydi, parts=("corpus", "queries")))
    assert (manifest.counts["corpus"], manifest.counts["queries"]) == (6, 6)
    lines = (tmp_path / "data" / "corpus" / "part-000000.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert first["id"] == "d0" and first["title"] == "A title" and first["text"].startswith('A "fine" ')
    written = sorted((tmp_path / "data" / "queries").iterdir())
    assert [file.name for file in written] == [f"part-{number:06}.jsonl" for number in range(19)]
    records = [json.loads(line) for file in written for line in file.read_text(encoding="utf-8").splitlines()]
    assert [each["id"] for each in records] == passages(tmp_path / "data")
    assert all(len(record["queries"]["fi"]) == 5 for record in records)


def test_a_corpus_in_pyserinis_form_is_taken(whole_xor_tydi: Path, tmp_path: Path) -> None:
    (whole_xor_tydi / "en_wiki.tsv").unlink()
    (whole_xor_tydi / "corpus").mkdir()
    for number in range(2):
        line = json.dumps({"id": f"w{number}", "contents": f"joki {number}"})
        (whole_xor_tydi / "corpus" / f"{number}.jsonl").write_text(line + "\n", encoding="utf-8")
    write_data_set("xor-tydi", tmp_path / "data", DataSettings(place=whole_xor_tydi, unchecked=True, parts=("corpus",)))
    assert passages(tmp_path / "data") == ["w0", "w1"]


@pytest.mark.parametrize("line", ["d1\tno title", "a\tb\tc\td"])
def test_a_corpus_of_another_form_is_refused(line: str, whole_xor_tydi: Path, tmp_path: Path) -> None:
    corpus = whole_xor_tydi / "en_wiki.tsv"
    for text, place in ((f"id\ttext\ttitle\n{line}\n", "en_wiki.tsv:2"), (f"{line}\n", "en_wiki.tsv:1")):
        corpus.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput, match=place):
            write_data_set("xor-tydi", tmp_path / "data", settings(whole_xor_tydi, parts=("corpus",)))


def test_a_stopped_stream_goes_on_with_the_file_that_is_not_whole(
    whole_xor_tydi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    honest = Sources.lines

    def failing(self: Sources, source: object) -> object:
        read.append(source.name)  # type: ignore[attr-defined]
        if source.name == "shard_3.jsonl" and read.count("shard_3.jsonl") == 1:  # type: ignore[attr-defined]
            raise MissingInput("no network any more")
        return honest(self, source)  # type: ignore[arg-type]

    monkeypatch.setattr(Sources, "lines", failing)
    asked_for = settings(whole_xor_tydi, parts=("queries",))
    with pytest.raises(MissingInput):
        write_data_set("xor-tydi", tmp_path / "data", asked_for)
    assert not (tmp_path / "data").exists()
    write_data_set("xor-tydi", tmp_path / "data", asked_for)
    assert read.count("shard_0.jsonl") == 1 and read.count("shard_3.jsonl") == 2
    assert not [*(tmp_path / "data").rglob("*.unfinished")]


def test_it_is_written_once(tmp_path: Path) -> None:
    place = stand_in("xquad", tmp_path / "published")
    first = write_data_set("xquad", tmp_path / "data", settings(place))
    assert write_data_set("xquad", tmp_path / "data", settings(place)) == first
    with pytest.raises(UsageError, match="made with other settings"):
        write_data_set("xquad", tmp_path / "data", settings(place, languages=("ar",)))


def test_other_counts_than_the_published_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = stand_in("flores", tmp_path / "published")  # none of its checksums is known
    with pytest.raises(InvalidInput, match=r"flores dev: passages: 4 found, 997 published; --unchecked"):
        write_data_set("flores", tmp_path / "data", DataSettings(place=place, languages=("sw",)))


def test_too_little_space_is_said_before_anything_is_read(
    whole_xor_tydi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "free_bytes", lambda folder: 10 << 30)
    monkeypatch.setattr(Sources, "gather", lambda *_: {})  # no network: nothing is fetched
    with pytest.raises(XqgError, match="11 GB are free, and queries takes up to 80 GB"):
        write_data_set("xor-tydi", tmp_path / "data", DataSettings(parts=("queries",)))
    monkeypatch.undo()
    write_data_set("xor-tydi", tmp_path / "data", settings(whole_xor_tydi, parts=("queries",)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"split": "dev"}, "xquad has no split 'dev': one of test"),
        ({"languages": ("ar", "sw")}, "xquad test has no sw: there are ar, de"),
        ({"parts": ("corpus",)}, "--with corpus: of xquad there are none"),
    ],
)
def test_what_there_is_not_is_said(given: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        write_data_set("xquad", tmp_path / "data", settings(tmp_path, **given))


def test_unknown_names_and_unchecked_downloads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no data set 'squad': one of xor-tydi"):
        write_data_set("squad", tmp_path)
    with pytest.raises(UsageError, match="--unchecked goes with --from"):
        DataSettings(unchecked=True)
    with pytest.raises(MissingInput, match="no such folder"):
        write_data_set("xquad", tmp_path / "data", settings(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "languages", "passages_there", "questions"),
    [
        ("xquad", ("ar", "es", "hi", "ru", "vi", "zh"), 240, 7140),
        ("mlqa", (), 978, 3051),
        ("afriqa", (), 3110, 1584),
        ("xnli", (), 830, 11620),
        ("xor-tydi", (), None, 2110),
    ],
)
def test_the_published_files_have_the_published_counts(
    name: str, languages: tuple[str, ...], passages_there: int | None, questions: int, shared_data: Path, tmp_path: Path
) -> None:
    found = write_data_set(name, tmp_path / "data", DataSettings(languages=languages, place=shared_data / name)).counts
    assert (found.get("passages"), sum(found["questions"].values())) == (passages_there, questions)


def test_31_questions_of_dev_are_in_train(shared_data: Path, tmp_path: Path) -> None:
    texts = []
    for split in ("train", "dev"):
        asked_for = DataSettings(split=split, place=shared_data / "xor-tydi")
        write_data_set("xor-tydi", tmp_path / split, asked_for)
        texts.append([normalised(text) for _, text in read_topics(tmp_path / split / "topics.tsv")])
    assert sum(text in {*texts[0]} for text in texts[1]) == 31
