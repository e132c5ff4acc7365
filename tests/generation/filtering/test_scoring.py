from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError
from pyserini_xqg.generation.filtering import scoring
from pyserini_xqg.generation.filtering.scoring import score_queries
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import make_model, write_lines
from tests.fixtures.parts import markers
from tests.fixtures.processes import start


def records(path: Path) -> list[dict[str, Any]]:
    files = sorted(path.glob("part-*.jsonl")) if path.is_dir() else [path]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def nothing_left(folder: Path) -> bool:
    return {file.name for file in folder.glob("*.partial/*")} <= {"lock"}


@pytest.fixture(scope="module")
def encoder(tiny_sentence_model: Path) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")


@pytest.fixture
def index(tiny_sentence_model: Path, corpus: Path, tmp_path: Path) -> Path:
    XqgIndexBuilder(str(tiny_sentence_model), AugmentationSettings(alpha=0), device="cpu").build(
        corpus, None, tmp_path / "index"
    )
    return tmp_path / "index"


@pytest.fixture
def score(tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path) -> Any:
    def run(name: str = "scored", **options: Any) -> Path:
        given: dict[str, Any] = {
            "corpus": corpus,
            "queries": queries,
            "encoder": str(tiny_sentence_model),
            "device": "cpu",
            "part_size": 4,
            **options,
        }
        score_queries(output=tmp_path / name, **given)
        return tmp_path / name

    return run


def by_hand(encoder: TextEncoder, corpus: Path, queries: Path) -> tuple[dict[Any, float], dict[Any, int]]:
    """The score and rank of every query, one text at a time and in float64."""
    passages = {
        record["id"]: encoder.encode([passage_text(record.get("title"), record["text"])], "passage")[0]
        for record in records(corpus)
    }
    scores, ranks = {}, {}
    for record in records(queries):
        for language, texts in record["queries"].items() if record["id"] in passages else ():
            for place, text in enumerate(texts):
                vector = encoder.encode([text], "query")[0].astype(np.float64)
                all_scores = {key: float(vector @ passage.astype(np.float64)) for key, passage in passages.items()}
                own = all_scores[record["id"]]
                scores[record["id"], language, place] = own
                ranks[record["id"], language, place] = 1 + sum(other > own for other in all_scores.values())
    return scores, ranks


def flat(scored: Path, field: str) -> dict[Any, Any]:
    return {
        (record["id"], language, place): value
        for record in records(scored)
        for language, values in record[field].items()
        for place, value in enumerate(values)
    }


def test_a_score_is_the_inner_product_with_the_querys_own_passage(score, encoder, corpus, queries) -> None:
    scored = score()
    expected, _ = by_hand(encoder, corpus, queries)
    found = flat(scored, "scores")
    assert found == pytest.approx(expected, abs=2e-6)
    # With another passage's vector, or another query's, the numbers would be others.
    assert np.std(list(found.values())) > 0.01


def test_a_rank_is_the_passages_place_in_the_whole_ranking(score, index, encoder, corpus, queries) -> None:
    scored = score(index=index, depth=7)
    _, ranks = by_hand(encoder, corpus, queries)
    expected = {key: rank if rank <= 7 else None for key, rank in ranks.items()}
    assert flat(scored, "ranks") == expected
    assert None in expected.values() and len(set(expected.values())) > 4
    assert "ranks" not in records(score("without"))[0]


def test_a_depth_beyond_the_corpus_finds_every_passage(score, index, encoder, corpus, queries) -> None:
    assert flat(score(index=index, depth=100), "ranks") == by_hand(encoder, corpus, queries)[1]


def test_the_queries_come_along_in_the_order_of_the_corpus(score, corpus, queries) -> None:
    scored = score()
    given = {record["id"]: record["queries"] for record in records(queries)}
    found = records(scored)
    assert [record["id"] for record in found] == [record["id"] for record in records(corpus)]
    assert [record["id"] for record in records(queries)][:22] != [record["id"] for record in found][:22]
    for record in found:
        assert record["queries"] == given.get(record["id"], {})
        assert {code: len(values) for code, values in record["scores"].items()} == {
            code: len(texts) for code, texts in record["queries"].items()
        }
    assert [record["id"] for record in found if not record["queries"]] == ["d4"]
    counts = Manifest.read(scored).counts
    assert (counts["passages"], counts["queries_records_with_unknown_id"]) == (23, 1)
    assert counts["queries"] == {
        code: sum(len(record["queries"].get(code, ())) for record in found) for code in ("fi", "ru")
    }


def test_parts_and_the_order_of_languages_make_no_difference(score, queries, tmp_path) -> None:
    turned = [
        {"id": record["id"], "queries": dict(reversed(record["queries"].items()))}
        for record in reversed(records(queries))
    ]
    one, other = score(), score("other", queries=write_lines(tmp_path / "turned.jsonl", turned), part_size=1000)
    assert [file.name for file in sorted(other.glob("part*"))] == ["part-000000.jsonl"]
    assert len(list(one.glob("part*"))) == 6
    assert flat(one, "scores") == pytest.approx(flat(other, "scores"), abs=2e-6)
    assert flat(one, "queries") == flat(other, "queries")


def test_an_index_of_another_corpus_is_refused(score, index, corpus, tmp_path) -> None:
    shorter = write_lines(tmp_path / "shorter.jsonl", records(corpus)[:-1])
    with pytest.raises(InvalidInput, match="is of another corpus"):
        score(index=index, corpus=shorter)
    turned = write_lines(tmp_path / "turned.jsonl", reversed(records(corpus)))
    with pytest.raises(InvalidInput, match="in another order: its docid differs"):
        score(index=index, corpus=turned)
    assert not (tmp_path / "scored").exists()
    assert nothing_left(tmp_path)


def test_an_index_of_another_encoder_is_refused(score, index, tiny_model) -> None:
    with pytest.raises(UsageError, match=r"was made with the encoder .*, which is not "):
        score(index=index, encoder=str(tiny_model))


def test_the_encoder_of_an_index_has_many_names(score, index, tiny_sentence_model, tmp_path, monkeypatch) -> None:
    link = tmp_path / "link"
    link.symlink_to(tiny_sentence_model)
    copy = shutil.copytree(tiny_sentence_model, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    ranks = [
        flat(score(f"scored-{number}", index=index, encoder=name), "ranks")
        for number, name in enumerate((str(index), str(link), str(copy), "link", "./copy"))
    ]
    assert all(found == ranks[0] for found in ranks)


def test_an_index_of_another_dimension_is_refused(score, index, tmp_path) -> None:
    (index / "xqg.json").unlink()  # as stock Pyserini makes it: with no word on its encoder
    other = make_model(tmp_path / "other", hidden=16)
    with pytest.raises(UsageError, match="has vectors of 32 dimensions and the encoder makes 16"):
        score(index=index, encoder=str(other))
    assert flat(score(index=index), "ranks")


@pytest.mark.parametrize("file", ["index", "docid"])
def test_a_folder_that_is_no_index_is_refused(score, index, file) -> None:
    (index / file).unlink()
    with pytest.raises(MissingInput, match=f"{file}: cannot be read .* holds index and docid"):
        score(index=index)


def test_a_damaged_index_is_refused(score, index) -> None:
    whole = (index / "index").read_bytes()
    (index / "index").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match="index: faiss cannot read it; is it whole"):
        score(index=index)
    short = faiss.IndexFlatIP(32)
    short.add(np.ones((22, 32), dtype=np.float32))
    faiss.write_index(short, str(index / "index"))
    with pytest.raises(InvalidInput, match="docid has 23 ids and index 22 vectors"):
        score(index=index)


def test_a_score_that_is_no_number_is_refused(score, tiny_model, tmp_path) -> None:
    from safetensors.torch import load_file, save_file

    copy = shutil.copytree(tiny_model, tmp_path / "broken")
    weights = load_file(copy / "model.safetensors")
    row = (copy / "vocab.txt").read_text(encoding="utf-8").splitlines().index("bread")
    weights["embeddings.word_embeddings.weight"][row] = float("nan")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    queries = write_lines(tmp_path / "q.jsonl", [{"id": "d1", "queries": {"fi": ["joki", "bread"]}}])
    corpus = write_lines(tmp_path / "c.jsonl", [{"id": "d0", "text": "river"}, {"id": "d1", "text": "stone"}])
    with pytest.raises(InvalidInput, match="score of a query of passage 'd1' is not finite"):
        score(encoder=str(copy), queries=queries, corpus=corpus)
    assert not (tmp_path / "scored").exists()


@pytest.mark.parametrize("option", [{"depth": 0}, {"part_size": 0}])
def test_settings_that_cannot_be_are_refused(score, option) -> None:
    with pytest.raises(UsageError, match="at least 1 is expected"):
        score(**option)


def test_the_same_run_again_does_nothing_and_another_is_refused(score, index, tmp_path) -> None:
    made = score(index=index)
    before = {file: file.stat().st_mtime_ns for file in sorted(made.iterdir())}
    assert score(index=index) == made
    assert {file: file.stat().st_mtime_ns for file in sorted(made.iterdir())} == before
    with pytest.raises(UsageError, match=r"settings.depth was 10, now 3"):
        score(index=index, depth=3)
    with pytest.raises(UsageError, match=r"inputs.index was .*, now None"):
        score()
    assert {file: file.stat().st_mtime_ns for file in sorted(made.iterdir())} == before
    assert nothing_left(tmp_path)


def test_an_unfinished_run_with_other_settings_is_refused(score, index, tmp_path, monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyserini_xqg.storage.parts.write_atomically", stop)
    with pytest.raises(KeyboardInterrupt):
        score()
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"holds an unfinished run .*; inputs.index was None, now"):
        score(index=index)
    assert files_of(score()) == files_of(score("fresh"))


def test_a_run_that_was_stopped_in_its_last_moment_is_finished(score, tmp_path) -> None:
    made = files_of(score())
    (tmp_path / "scored").rename(tmp_path / "scored.partial")  # as it is before the last step
    before = (tmp_path / "scored.partial" / "part-000000.jsonl").stat().st_mtime_ns
    with pytest.raises(UsageError, match=r"settings.part_size was 4, now 3"):
        score(part_size=3)
    assert files_of(score()) == made
    assert (tmp_path / "scored" / "part-000000.jsonl").stat().st_mtime_ns == before


def _score(model: str, corpus: Path, queries: Path, index: Path, output: Path) -> None:
    import torch

    torch.set_num_threads(1)
    score_queries(corpus, queries, model, output, index=index, device="cpu", part_size=1)


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(
    tiny_sentence_model, corpus, queries, index, tmp_path
) -> None:
    given = (str(tiny_sentence_model), corpus, queries, index)
    whole = start(_score, *given, tmp_path / "whole")
    whole.join(300)
    assert whole.exitcode == 0
    chance = random.Random(3)
    broken = tmp_path / "broken"

    def parts_done() -> int:
        return len(markers(tmp_path / "broken.partial"))

    reached = []
    for parts in (0, 3, 9, 17):
        process = start(_score, *given, broken)
        while parts and parts_done() < parts and process.exitcode is None:
            time.sleep(0.001)
        process.join(chance.uniform(0, 0.01 if parts else 0.3))
        process.kill()
        process.join()
        reached.append(parts_done())
        assert not broken.exists() or (broken / "xqg.json").exists()
    assert reached[1] >= 3 and (reached[3] >= 17 or broken.exists())
    process = start(_score, *given, broken)
    process.join(300)
    assert process.exitcode == 0
    assert files_of(broken) == files_of(tmp_path / "whole")
    assert not list(tmp_path.glob("*.partial"))


def test_an_index_that_changes_while_it_is_searched_stops_the_scoring(
    score: Any, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = scoring._Index.ranks
    changed = bytearray((index / "index").read_bytes())
    changed[-3] ^= 1

    def then_change(searched: Any, *arguments: Any) -> Any:
        found = ranks(searched, *arguments)
        (index / "index").write_bytes(changed)
        return found

    monkeypatch.setattr(scoring._Index, "ranks", then_change)
    with pytest.raises(XqgError, match="index has changed since this run began"):
        score(index=index)
    assert not (tmp_path / "scored").exists()
