from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.errors import InvalidInput, PartlyDone, UsageError, XqgError
from pyserini_xqg.generation import checked_corpus
from pyserini_xqg.generation.backends import _prompted as prompted
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.generation.cleaning import CleaningSettings
from pyserini_xqg.storage.jsonl import jsonl_files, read_records
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from tests.conftest import WORDS, sentence, write_lines
from tests.fixtures.parts import markers
from tests.generation.backends.lexicon.dict_format import write_dictionary

ENGLISH = [word for word in WORDS if word.isascii() and len(word) > 3]
KILLED = 9
Builder = Callable[..., XqgQueryBuilder]
# What happens to files and folders; a process that is killed stops before one of these.
STEPS = ("replace", "rename", "unlink", "rmdir", "mkdir", "open")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Eleven passages, d0 to d10; d4 is empty, d7 has nothing but a title."""
    texts = ["" if number in (4, 7) else sentence(number, 5 + number) for number in range(11)]
    return write_lines(
        tmp_path / "corpus.jsonl",
        (
            {"id": f"d{number}", "text": text, "title": "Stone bridge" * (number == 7)}
            for number, text in enumerate(texts)
        ),
    )


@pytest.fixture(scope="module")
def dictionaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dictionaries")
    for language in ("fin", "rus", "tel"):
        write_dictionary(folder, f"eng-{language}", {word: f"{language}{word}" for word in ENGLISH})
    return folder


@pytest.fixture
def lexicon(corpus: Path, dictionaries: Path) -> Builder:
    def make(languages: str = "fi", num_queries: int = 2, terms: int = 2, **options: Any) -> XqgQueryBuilder:
        codes = languages.split()
        generator = LexiconGenerator(corpus, codes, dictionaries=dictionaries, terms=terms)
        return XqgQueryBuilder(generator, codes, num_queries, **{"part_size": 3, **options})

    return make


@pytest.fixture(scope="module")
def mt5(tiny_mt5: Path) -> Seq2SeqGenerator:
    return Seq2SeqGenerator(model=str(tiny_mt5), input_length=48, output_length=6, device="cpu")


@pytest.fixture
def sampling(mt5: Seq2SeqGenerator) -> Builder:
    def make(languages: str = "fi", num_queries: int = 2, **options: Any) -> XqgQueryBuilder:
        return XqgQueryBuilder(mt5, languages.split(), num_queries, **{"part_size": 4, **options})

    return make


def records(folder: Path) -> dict[str, dict[str, list[str]]]:
    found = [record for file in jsonl_files(folder) for record in read_records(file)]
    for record in found:
        parse_queries(record)
    return {record.value["id"]: record.value["queries"] for record in found}


def parts_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.name != MANIFEST}


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def beside(output: Path) -> list[str]:
    """What there is of an output: its folder only, unless something was left."""
    return sorted(file.name for file in output.parent.iterdir() if file.name.startswith(output.name))


def test_a_folder_has_a_record_for_every_passage_in_order(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    manifest = lexicon("ru fi").build(corpus, tmp_path / "out")
    assert list(parts_of(tmp_path / "out")) == [f"part-00000{number}.jsonl" for number in range(4)]
    assert beside(tmp_path / "out") == ["out"]
    found = records(tmp_path / "out")
    assert list(found) == [f"d{number}" for number in range(11)]
    assert found["d4"] == {}
    assert list(found["d0"]) == ["fi", "ru"]
    assert found["d7"] == {"fi": ["finbridge finstone"], "ru": ["rusbridge russtone"]}
    assert all(len(queries) <= 2 for record in found.values() for queries in record.values())
    assert manifest == Manifest.read(tmp_path / "out")
    assert manifest.kind == "queries"
    assert manifest.settings["languages"] == {"fi": 2, "ru": 2}
    assert set(manifest.inputs) == {"corpus", "dictionary.fi", "dictionary.ru"}
    assert manifest.counts["passages"] == 11
    assert manifest.counts["empty_passages"] == 1
    assert manifest.counts["passages_without_queries"] == sum(not record for record in found.values())
    for language in ("fi", "ru"):
        lengths = [len(record.get(language, ())) for name, record in found.items() if name != "d4"]
        assert manifest.counts["queries"][language] == sum(lengths)
        assert manifest.counts["passages_short_of_queries"][language] == sum(length < 2 for length in lengths) > 0
    assert manifest.details == {"reproducible": True}


def test_sampled_queries_are_distinct_and_in_the_script(sampling: Builder, corpus: Path, tmp_path: Path) -> None:
    manifest = sampling("fi", 3).build(corpus, tmp_path / "out")
    found = records(tmp_path / "out")
    lists = [record["fi"] for record in found.values() if record]
    assert len(lists) > 5
    assert all(len({text.casefold() for text in texts}) == len(texts) <= 3 for texts in lists)
    assert sum(map(len, lists)) == manifest.counts["queries"]["fi"] >= 20
    assert manifest.counts["dropped"]["fi"]["wrong_script"] > 0  # and were drawn anew
    assert found["d4"] == {}


def test_more_tries_leave_fewer_passages_short(sampling: Builder, corpus: Path, tmp_path: Path) -> None:
    short = [
        sampling("ru", 4, tries=tries).build(corpus, tmp_path / str(tries)).counts["queries"]["ru"] for tries in (1, 4)
    ]
    assert short[0] < short[1]


@pytest.mark.slow
def test_seeds_decide_on_what_is_drawn_and_nothing_else_does(
    sampling: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampling("fi ru").build(corpus, tmp_path / "one")
    sampling("fi ru", seed=1).build(corpus, tmp_path / "other")
    monkeypatch.setattr(prompted, "TOKENS_PER_BATCH", {"cpu": 60})
    sampling("ru fi").build(corpus, tmp_path / "small")
    assert parts_of(tmp_path / "one") == parts_of(tmp_path / "small")
    one, other = records(tmp_path / "one"), records(tmp_path / "other")
    assert sum(one[name] != other[name] for name in one) > 8


def test_the_same_command_again_does_nothing(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    first = lexicon("fi ru", 3).build(corpus, tmp_path / "out")
    before = (tmp_path / "out").stat().st_mtime_ns
    assert lexicon("fi ru", 3).build(corpus, tmp_path / "out") == first
    assert lexicon("fi", 1).build(corpus, tmp_path / "out") == first  # less is there too
    assert (tmp_path / "out").stat().st_mtime_ns == before
    assert beside(tmp_path / "out") == ["out"]


@pytest.mark.parametrize(
    "steps", [["fi 2", "ru 2"], ["fi 2", "fi 4"], ["fi 1", "ru 2", "te 3", "fi 3"], ["fi ru 3", "fi te 2"]]
)
def test_an_extended_lexicon_folder_is_that_of_a_fresh_run(
    steps: list[str], lexicon: Builder, corpus: Path, tmp_path: Path
) -> None:
    cleaning = CleaningSettings(0, max_characters=30)  # some are too long
    for step in steps:
        *codes, number = step.split()
        extended = lexicon(" ".join(codes), int(number), cleaning=cleaning).build(corpus, tmp_path / "out")
    asked = extended.settings["languages"]
    most = max(asked.values())
    fresh = lexicon(" ".join(asked), most, cleaning=cleaning).build(corpus, tmp_path / "fresh")
    assert beside(tmp_path / "out") == ["out"]
    if set(asked.values()) == {most}:
        assert parts_of(tmp_path / "out") == parts_of(tmp_path / "fresh")
        assert extended.counts == fresh.counts
        assert extended.inputs == fresh.inputs
        assert sum(fresh.counts["dropped"]["fi"].values()) > 0
    else:
        cut = {
            name: {code: texts[: asked[code]] for code, texts in record.items()}
            for name, record in records(tmp_path / "fresh").items()
        }
        assert records(tmp_path / "out") == cut
    assert len(extended.details["extends"]) == len(steps) - 1


def test_a_folder_with_another_code_of_the_language_is_extended_all_the_same(
    lexicon: Builder, corpus: Path, tmp_path: Path
) -> None:
    lexicon("ru", 1).build(corpus, tmp_path / "out")
    for file in (tmp_path / "out").iterdir():
        file.write_text(file.read_text(encoding="utf-8").replace('"ru"', '"rus_Cyrl"'), encoding="utf-8")
    extended = lexicon("ru", 2).build(corpus, tmp_path / "out")
    fresh = lexicon("ru", 2).build(corpus, tmp_path / "fresh")
    assert parts_of(tmp_path / "out") == parts_of(tmp_path / "fresh")
    assert extended.settings["languages"] == {"ru": 2}
    assert extended.counts["queries"] == fresh.counts["queries"]


@pytest.mark.slow
def test_an_extended_sampled_folder_keeps_what_it_had(sampling: Builder, corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    sampling("fi", 2).build(corpus, output)
    had = records(output)
    more = sampling("fi ru", 4).build(corpus, output)
    found = records(output)
    assert more.settings["languages"] == {"fi": 4, "ru": 4}
    assert more.details["extends"] == [{"fi": 2}]
    assert all(
        found[name].get("fi", [])[: len(record.get("fi", []))] == record.get("fi", []) for name, record in had.items()
    )
    assert sum(len(record.get("fi", ())) for record in found.values()) > sum(
        map(len, (r.get("fi", "") for r in had.values()))
    )
    assert all(len(set(texts)) == len(texts) for record in found.values() for texts in record.values())
    counted = {code: sum(len(record.get(code, ())) for record in found.values()) for code in ("fi", "ru")}
    assert more.counts["queries"] == counted
    # Another language is the same whenever it is asked for.
    sampling("ru", 4).build(corpus, tmp_path / "ru")
    assert {name: record.get("ru") for name, record in records(tmp_path / "ru").items()} == {
        name: record.get("ru") for name, record in found.items()
    }


def test_what_was_there_is_not_generated_again(
    sampling: Builder, mt5: Seq2SeqGenerator, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampling("fi").build(corpus, tmp_path / "out")
    asked: list[str] = []
    generate = mt5.generate

    def watched(passages: Any, language: str, *rest: Any) -> list[list[str]]:
        asked.append(language)
        return generate(passages, language, *rest)

    monkeypatch.setattr(mt5, "generate", watched)
    sampling("fi ru").build(corpus, tmp_path / "out")
    assert set(asked) == {"ru"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": 3}, "seed was 0, now 3"),
        ({"part_size": 5}, "part_size was 3, now 5"),
        ({"limit": 5}, "limit was None, now 5"),
        ({"cleaning": CleaningSettings(0.2)}, "cleaning.least_script was 0.0, now 0.2"),
        ({"terms": 3}, "generator.terms was 2, now 3"),
    ],
)
def test_other_settings_are_refused_with_both_values(
    options: dict[str, Any], words: str, lexicon: Builder, corpus: Path, tmp_path: Path
) -> None:
    lexicon().build(corpus, tmp_path / "out")
    before = files_of(tmp_path / "out")
    with pytest.raises(UsageError) as caught:
        lexicon("fi ru", **options).build(corpus, tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'out'} is there, made with other settings or inputs: {words}")
    assert "Only languages and queries can be added" in str(caught.value)
    assert files_of(tmp_path / "out") == before
    assert beside(tmp_path / "out") == ["out"]


def test_other_inputs_are_refused(lexicon: Builder, corpus: Path, dictionaries: Path, tmp_path: Path) -> None:
    lexicon().build(corpus, tmp_path / "out")
    other = shutil.copytree(dictionaries, tmp_path / "dictionaries")
    write_dictionary(other, "eng-fin", {"bridge": "silta"})
    generator = LexiconGenerator(corpus, ["fi"], dictionaries=other, terms=2)
    with pytest.raises(UsageError, match=r"dictionary\.fi was '\w+', now '\w+'"):
        XqgQueryBuilder(generator, ["fi"], 3, part_size=3).build(corpus, tmp_path / "out")
    with corpus.open("a") as handle:
        handle.write('{"id": "new", "text": "king"}\n')
    with pytest.raises(UsageError, match=r"corpus was '\w+', now '\w+'"):
        lexicon(num_queries=3).build(corpus, tmp_path / "out")


def test_what_is_no_artifact_is_left_alone(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("mine", "file"):
        with pytest.raises(UsageError, match=f"{name} is there and is no artifact of xqg"):
            lexicon().build(corpus, tmp_path / name)
        assert beside(tmp_path / name) == [name]
    Manifest("index", {"alpha": 1}).write(tmp_path / "mine")
    with pytest.raises(UsageError, match="kind was 'index', now 'queries'"):
        lexicon().build(corpus, tmp_path / "mine")
    assert (tmp_path / "mine" / "text").read_text() == "mine"


def test_an_empty_folder_is_taken(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    lexicon().build(corpus, tmp_path / "out")
    assert len(records(tmp_path / "out")) == 11


def test_the_folder_one_is_in_is_no_output(
    lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "text").touch()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UsageError, match="here is there and is no artifact of xqg"):
        lexicon().build(corpus, Path())


def test_languages_are_codes_or_names_and_what_is_neither_is_named(mt5: Seq2SeqGenerator, lexicon: Builder) -> None:
    assert XqgQueryBuilder(mt5, ["Finnish", "ru", "fin"]).languages == ["fi", "ru"]
    with pytest.raises(InvalidInput, match=r"unknown language 'Finish'.*did you mean Finnish"):
        XqgQueryBuilder(mt5, ["Finish"])
    with pytest.raises(UsageError, match=r"this generator writes no de, sw; it writes fi, ru"):
        XqgQueryBuilder(lexicon("fi ru").generator, ["de", "sw", "fi"])
    with pytest.raises(UsageError, match="no language: at least one"):
        XqgQueryBuilder(mt5, [])


@pytest.mark.parametrize("option", ["num_queries", "tries", "part_size", "limit"])
def test_numbers_below_1_are_refused(option: str, mt5: Seq2SeqGenerator) -> None:
    values: dict[str, Any] = {option: 0}
    with pytest.raises(UsageError, match=f"{option} is 0: at least 1"):
        XqgQueryBuilder(mt5, ["fi"], **values)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            [{"id": "a", "text": "king"}, {"id": "b", "text": "x"}, {"id": "a", "text": "y"}],
            r":3: the id 'a' was there",
        ),
        ([], "the corpus is empty; at least one passage"),
        (
            [{"id": "a", "text": ""}, {"id": "b", "text": " "}],
            "all 2 passages are empty; there is nothing to ask about",
        ),
        ([{"id": "a", "text": "king"}, {"id": "b"}], ":2: no text"),
    ],
)
def test_a_corpus_that_cannot_be_is_refused_before_any_work(
    lines: list[dict[str, str]], words: str, sampling: Builder, tmp_path: Path
) -> None:
    corpus = write_lines(tmp_path / "c.jsonl", lines)
    with pytest.raises(InvalidInput, match=words):
        sampling().build(corpus, tmp_path / "out")
    assert beside(tmp_path / "out") == []


def test_a_limit_takes_the_first_passages(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    lexicon().build(corpus, tmp_path / "all")
    manifest = lexicon(limit=4).build(corpus, tmp_path / "out")
    assert manifest.counts["passages"] == 4
    assert list(records(tmp_path / "out").items()) == list(records(tmp_path / "all").items())[:4]


def test_the_size_of_a_part_changes_nothing_but_the_files(lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    lexicon(part_size=1).build(corpus, tmp_path / "small")
    lexicon(part_size=100).build(corpus, tmp_path / "large")
    assert [len(parts_of(tmp_path / name)) for name in ("small", "large")] == [11, 1]
    assert records(tmp_path / "small") == records(tmp_path / "large")


def test_a_model_that_writes_nothing_leaves_all_passages_short(tiny_mt5: Path, corpus: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM

    silent = shutil.copytree(tiny_mt5, tmp_path / "silent")
    model = AutoModelForSeq2SeqLM.from_pretrained(silent)
    model.generation_config.forced_bos_token_id = 1  # the end, at once
    model.save_pretrained(silent)
    generator = Seq2SeqGenerator(model=str(silent), input_length=48, output_length=6, device="cpu")
    builder = XqgQueryBuilder(generator, ["fi", "ru"], 2, part_size=4, tries=3)
    for _ in range(2):
        with pytest.raises(PartlyDone, match=r"no query in fi, ru: dropped were fi \(empty 60\), ru \(empty 60\)\. "):
            builder.build(corpus, tmp_path / "out")
    counts = Manifest.read(tmp_path / "out").counts
    assert counts["queries"] == {"fi": 0, "ru": 0}
    assert counts["dropped"] == {code: {"empty": 10 * 2 * 3} for code in ("fi", "ru")}
    assert counts["passages_short_of_queries"] == {"fi": 10, "ru": 10}
    assert counts["passages_without_queries"] == 11
    assert records(tmp_path / "out") == {f"d{number}": {} for number in range(11)}


def test_languages_of_which_nothing_was_kept_are_told(
    lexicon: Builder, corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    strict = CleaningSettings(least_script=1)  # the Russian dictionary's words are in Latin letters
    output = tmp_path / "out"
    for _ in range(2):
        with pytest.raises(PartlyDone, match=r"holds no query in ru: dropped were ru \(wrong_script \d+\)\. Look at"):
            lexicon("ru", cleaning=strict).build(corpus, output)
    assert beside(output) == ["out"]
    assert Manifest.read(output).counts["queries"] == {"ru": 0}
    assert lexicon("fi ru", cleaning=strict).build(corpus, output).counts["queries"]["fi"] > 0
    assert "it holds no query in ru: dropped were ru (wrong_script" in caplog.text
    with pytest.raises(PartlyDone, match="no query in ru"):
        lexicon("ru", cleaning=strict).build(corpus, output)


def test_a_plan_measures_and_writes_nothing(sampling: Builder, corpus: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    plan = sampling("fi ru", 3).plan(corpus, tmp_path / "out", sample=4)
    assert (plan.passages, plan.empty_passages, plan.queries) == (11, 1, 10 * 3 * 2)
    assert plan.seconds > 0 and plan.queries_per_second > 0
    assert plan.queries / plan.queries_per_second == pytest.approx(plan.seconds, rel=0.1)
    assert plan.free_bytes > 0
    assert sorted(tmp_path.rglob("*")) == before
    sampling("fi ru", 3).build(corpus, tmp_path / "out")
    written = sum(map(len, parts_of(tmp_path / "out").values()))
    assert written / 2 < plan.output_bytes < written * 2


def test_a_plan_finds_the_passage_that_is_not_empty(lexicon: Builder, tmp_path: Path) -> None:
    texts = ["" if number != 37 else "bridge" for number in range(100)]
    corpus = write_lines(tmp_path / "c.jsonl", ({"id": f"e{n}", "text": text} for n, text in enumerate(texts)))
    plan = lexicon().plan(corpus, tmp_path / "out")
    assert (plan.empty_passages, plan.queries) == (99, 2)


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_run_goes_on(
    lexicon: Builder, corpus: Path, tmp_path: Path, full_disk: Path
) -> None:
    lexicon("fi ru").build(corpus, tmp_path / "whole")
    output = full_disk / "out"
    failed = 0
    for free in range(0, 64 * 1024, 4096):  # from no room for anything to room for all
        (full_disk / "other").write_bytes(b"x" * (64 * 1024 - free - 4096 * 2))
        try:
            lexicon("fi ru").build(corpus, output)
        except XqgError as error:
            assert "no space is left for" in str(error)
            failed += 1
            assert not output.exists()
        (full_disk / "other").unlink()
        gc.collect()  # files that an error's frames still have open
    lexicon("fi ru").build(corpus, output)
    assert failed > 3
    assert files_of(output) == files_of(tmp_path / "whole")
    assert beside(output) == ["out"]


def test_an_unfinished_run_with_other_settings_is_named(
    lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(XqgQueryBuilder, "_count", stop)
        with pytest.raises(KeyboardInterrupt):
            lexicon().build(corpus, tmp_path / "out")
    with pytest.raises(UsageError, match=r"out\.partial holds an unfinished run.*settings\.languages\.fi was 2, now 3"):
        lexicon(num_queries=3).build(corpus, tmp_path / "out")
    lexicon().build(corpus, tmp_path / "out")
    assert beside(tmp_path / "out") == ["out"]


@pytest.mark.parametrize("harm", ["part", "marker", "earlier format"])
def test_parts_that_were_lost_or_damaged_are_generated_again(
    harm: str, lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    lexicon("fi ru").build(corpus, tmp_path / "whole")
    with monkeypatch.context() as patched:
        patched.setattr(XqgQueryBuilder, "_count", stop)
        with pytest.raises(KeyboardInterrupt):
            lexicon("fi ru").build(corpus, tmp_path / "out")
    left = tmp_path / "out.partial"
    done = markers(left)
    assert [marker.stem for marker in done] == [f"{number:06}" for number in range(4)]  # of parts, not of languages
    file = left / "part-000001.jsonl"
    if harm == "part":
        file.write_bytes(file.read_bytes()[:-9])
    elif harm == "marker":
        done[1].write_text("{")
    else:
        shutil.rmtree(left / "parts")
        for number in range(4):
            (left / f"part-{number:06}.counts").write_text('{"queries": {"fi": 99}}')
        (left / "part-000002.fi").write_text("half")
        file.write_text("half")
    lexicon("fi ru").build(corpus, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert beside(tmp_path / "out") == ["out"]


def in_a_process(builder: XqgQueryBuilder, corpus: Path, output: Path, steps: int | None = None) -> BaseProcess:
    """A build that is killed before so many steps, or is not."""

    def run() -> None:
        done = 0

        def counted(name: str) -> Callable[..., Any]:
            call = getattr(os, name)

            def step(*arguments: Any, **options: Any) -> Any:
                nonlocal done
                if done == steps:
                    os._exit(KILLED)
                done += 1
                return call(*arguments, **options)

            return step

        for name in STEPS:
            setattr(os, name, counted(name))
        builder.build(corpus, output)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


@pytest.mark.parametrize("extends", [False, True], ids=["fresh", "extension"])
@pytest.mark.slow
def test_a_build_stopped_at_any_step_leaves_the_old_or_the_new_and_goes_on(
    extends: bool, lexicon: Builder, corpus: Path, tmp_path: Path
) -> None:
    cut = write_lines(tmp_path / "cut.jsonl", [json.loads(line) for line in corpus.read_text().splitlines()[:3]])
    first, second = lexicon("fi", 1), lexicon("fi ru", 2)
    if extends:
        first.build(cut, tmp_path / "whole")
    old = files_of(shutil.copytree(tmp_path / "whole", tmp_path / "old")) if extends else None
    second.build(cut, tmp_path / "whole")
    new = files_of(tmp_path / "whole")
    output = tmp_path / "out"
    code, steps, seen = KILLED, 0, set()
    while code == KILLED:
        if extends:
            shutil.copytree(tmp_path / "old", output)
        process = in_a_process(second, cut, output, steps)
        process.join()
        code = process.exitcode or 0
        standing = files_of(output) if output.exists() else None
        if standing is None and extends:  # on its way: the old one is beside it, and the new one is whole
            partial = tmp_path / "out.partial"
            standing = files_of(tmp_path / "out.xqg-earlier")
            assert files_of(partial) == new
        assert standing in (old, new), steps
        seen.add("new" if standing == new else "old")
        second.build(cut, output)
        assert files_of(output) == new, steps
        assert beside(output) == ["out"], steps
        shutil.rmtree(output)
        steps += 1
    assert code == 0
    assert steps > 25
    assert seen == {"old", "new"}


@pytest.mark.slow
def test_a_build_killed_at_random_moments_ends_with_the_same_bytes(
    lexicon: Builder, corpus: Path, tmp_path: Path
) -> None:
    builder = lexicon("fi ru te", 3, part_size=1)
    builder.build(corpus, tmp_path / "whole")
    chance = random.Random(5)
    output = tmp_path / "out"
    done = 0
    for parts in (0, 0, 1, 3, 6, 9):
        process = in_a_process(builder, corpus, output)
        while process.is_alive() and len(list((tmp_path / "out.partial").glob("part-*.jsonl"))) < parts:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.join()
        done += process.exitcode != 0
        assert not output.exists() or (output / MANIFEST).exists()
    assert done > 0
    builder.build(corpus, output)
    assert files_of(output) == files_of(tmp_path / "whole")
    assert beside(output) == ["out"]


@pytest.mark.parametrize("extends", [False, True], ids=["fresh", "extension"])
@pytest.mark.slow
def test_processes_at_once_make_what_one_makes(extends: bool, lexicon: Builder, corpus: Path, tmp_path: Path) -> None:
    first, second = lexicon("fi", 1, part_size=1), lexicon("fi ru te", 3, part_size=1)
    for name in ("whole", "out0", "out1", "out2", "out3") if extends else ():
        first.build(corpus, tmp_path / name)
    second.build(corpus, tmp_path / "whole")
    for attempt in range(4):
        output = tmp_path / f"out{attempt}"
        processes = []
        for _ in range(3):
            processes.append(in_a_process(second, corpus, output))
            time.sleep(0.03 * attempt)
        if attempt == 3:  # one is killed, and the others do what it left
            processes[0].kill()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes[1:]] == [0, 0]
        assert files_of(output) == files_of(tmp_path / "whole")
        second.build(corpus, output)  # where the one that was killed was the last
        assert beside(output) == [output.name]


@pytest.mark.slow
def test_processes_with_a_model_make_what_one_makes(sampling: Builder, corpus: Path, tmp_path: Path) -> None:
    sampling("fi ru", part_size=2).build(corpus, tmp_path / "whole")
    # Forked processes can use a model on a CPU as long as they have one thread.
    processes = [in_a_process(sampling("fi ru", part_size=2), corpus, tmp_path / "out") for _ in range(2)]
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert beside(tmp_path / "out") == ["out"]


def test_a_corpus_that_changes_during_a_run_stops_it(
    lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder, before = lexicon(), corpus.read_text(encoding="utf-8")
    write = builder._write_parts

    def after_the_check(*arguments: Any) -> None:
        corpus.write_text(before.replace('"d8"', '"d_"').replace('"d9"', '"d8"').replace('"d_"', '"d9"'))
        write(*arguments)

    with monkeypatch.context() as changing:
        changing.setattr(builder, "_write_parts", after_the_check)
        with pytest.raises(XqgError, match=r"corpus\.jsonl has changed since this run began"):
            builder.build(corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    corpus.write_text(before)
    lexicon().build(corpus, tmp_path / "out")
    lexicon().build(corpus, tmp_path / "whole")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_a_large_corpus_has_larger_parts_and_a_folder_that_was_begun_keeps_its_own(
    lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked_corpus, "PART_SIZE", 1)
    lexicon(part_size=None).build(corpus, tmp_path / "small")
    assert len(parts_of(tmp_path / "small")) == 11
    monkeypatch.setattr(checked_corpus, "MOST_PARTS", 3)
    made = lexicon(part_size=None).build(corpus, tmp_path / "large")
    assert made.settings["part_size"] == 4
    assert list(parts_of(tmp_path / "large")) == [f"part-00000{number}.jsonl" for number in range(3)]
    assert records(tmp_path / "large") == records(tmp_path / "small")
    for name, parts in (("small", 11), ("large", 3)):
        lexicon("ru", part_size=None).build(corpus, tmp_path / name)
        assert len(parts_of(tmp_path / name)) == parts
    assert records(tmp_path / "large") == records(tmp_path / "small")
    assert all("ru" in queries for name, queries in records(tmp_path / "large").items() if name != "d4")
    with pytest.raises(UsageError, match="part_size was 4, now 2"):
        lexicon(part_size=2).build(corpus, tmp_path / "large")


def test_unfinished_work_keeps_the_size_of_its_parts(
    lexicon: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopping:
        stopping.setattr(XqgQueryBuilder, "_count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lexicon(part_size=5).build(corpus, tmp_path / "out")
    assert len(markers(tmp_path / "out.partial")) == 3
    lexicon(part_size=None).build(corpus, tmp_path / "out")
    lexicon(part_size=5).build(corpus, tmp_path / "whole")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("is_there", [True, False])
def test_an_output_that_is_a_link_is_made_and_extended_where_it_leads(
    lexicon: Builder, corpus: Path, tmp_path: Path, is_there: bool
) -> None:
    place = tmp_path / "disk" / "queries"
    if is_there:
        place.mkdir(parents=True)
    (tmp_path / "out").symlink_to(place)
    lexicon("fi").build(corpus, tmp_path / "out")
    lexicon("ru").build(corpus, tmp_path / "out")
    assert beside(place) == ["queries"] and beside(tmp_path / "out") == ["out"]
    assert (tmp_path / "out").is_symlink()
    lexicon("fi ru").build(corpus, tmp_path / "whole")
    assert parts_of(place) == parts_of(tmp_path / "whole")


def test_a_folder_is_extended_by_the_same_model_from_another_place(
    tiny_mt5: Path, corpus: Path, tmp_path: Path
) -> None:
    def build(model: Path, language: str) -> Manifest:
        generator = Seq2SeqGenerator(model=str(model), input_length=48, output_length=6, device="cpu")
        return XqgQueryBuilder(generator, [language], 1, part_size=4).build(corpus, tmp_path / "out")

    def allowed(model: Path, language: str) -> Manifest | None:
        with suppress(PartlyDone):  # a random model writes little in the right script
            return build(model, language)
        return None

    allowed(tiny_mt5, "fi")
    allowed(Path(shutil.copytree(tiny_mt5, tmp_path / "moved")), "ru")
    assert list(Manifest.read(tmp_path / "out").settings["languages"]) == ["fi", "ru"]
