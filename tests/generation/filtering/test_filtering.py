from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import InvalidInput, MissingInput, PartlyDone, UsageError, XqgError
from pyserini_xqg.generation.filtering import filtering
from pyserini_xqg.generation.filtering.filtering import FilterSettings, check_place, filter_queries
from pyserini_xqg.generation.filtering.scoring import score_queries
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import call, write_lines

Scores = Mapping[str, list[list[float]]]
Ranks = Mapping[str, list[list[int | None]]]


def records(path: Path) -> list[dict[str, Any]]:
    files = sorted(path.glob("part-*.jsonl")) if path.is_dir() else [path]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def write_scored(folder: Path, scores: Scores, ranks: Ranks | None = None, part_size: int = 3) -> Path:
    """A scored folder as score_queries makes it; `scores` are by language and passage."""
    size = max(map(len, scores.values()), default=0)
    lines = []
    for row in range(size):
        own = {code: values[row] for code, values in scores.items() if row < len(values) and values[row]}
        texts = {code: [f"{code} {row} {place}" for place in range(len(values))] for code, values in own.items()}
        line: dict[str, Any] = {"id": f"d{row}", "queries": texts, "scores": own}
        if ranks is not None:
            line["ranks"] = {code: ranks[code][row] for code in own}
        lines.append(line)
    folder.mkdir(parents=True)
    for part, start in enumerate(range(0, size, part_size)):
        write_lines(folder / f"part-{part:06}.jsonl", lines[start : start + part_size])
    counts = {code: sum(map(len, values)) for code, values in scores.items()}
    made = {"encoder": {"model": "tiny"}, "depth": None if ranks is None else 10, "part_size": part_size}
    Manifest(
        "scored queries",
        made,
        {"corpus": "c", "queries": "q"},
        {"passages": size, "queries": {code: count for code, count in sorted(counts.items()) if count}},
    ).write(folder)
    return folder


def kept(folder: Path, language: str = "fi") -> set[str]:
    return {text for record in records(folder) for text in record["queries"].get(language, ())}


# As scores are written: six decimals; many equal ones, both zeros, and numbers of very different size.
SCORE = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 0.500001, -0.000001, 0.000001]),
    st.floats(-2, 2).map(lambda value: round(value, 6)),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    scores=st.dictionaries(
        st.sampled_from(["fi", "ru"]), st.lists(st.lists(SCORE, max_size=6), min_size=1, max_size=9), min_size=1
    ),
    keep=st.one_of(st.sampled_from([0.01, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0]), st.floats(0.001, 1)),
)
def test_the_threshold_is_the_exact_quantile(scores: Scores, keep: float) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        scored = write_scored(folder / "scored", scores)
        none = not any(map(len, (own for values in scores.values() for own in values)))
        with pytest.raises(PartlyDone) if none else nullcontext():
            filter_queries(scored, FilterSettings(keep), folder / "out")
        thresholds = Manifest.read(folder / "out").details["least_scores"]
        assert set(thresholds) == {code for code, values in scores.items() if sum(map(len, values))}
        for language, threshold in thresholds.items():
            values = np.array([value for own in scores[language] for value in own], dtype=np.float32)
            place_from_top = max(1, round(keep * len(values)))
            # The quantile that leaves so many on top, as numpy has it without interpolation.
            share = (len(values) - place_from_top) / max(1, len(values) - 1)
            assert np.float32(threshold) == np.quantile(values, share, method="nearest")
            expected = {
                f"{language} {row} {number}"
                for row, own in enumerate(scores[language])
                for number, value in enumerate(own)
                if np.float32(value) >= np.float32(threshold)
            }
            assert kept(folder / "out", language) == expected
            assert len(expected) >= place_from_top
            if len(set(values.tolist())) == len(values):
                assert len(expected) == place_from_top


def test_the_best_share_of_each_language_stays(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    scores = {
        "fi": [generator.normal(-1, 1, 7).round(6).tolist() for _ in range(40)],
        "ru": [generator.normal(3, 1, 4).round(6).tolist() for _ in range(40)],
    }
    manifest = filter_queries(write_scored(tmp_path / "scored", scores), FilterSettings(0.3), tmp_path / "out")
    assert manifest.counts["queries"] == {"fi": 84, "ru": 48}
    assert manifest.counts["filtered_out"] == {"fi": 280 - 84, "ru": 160 - 48}
    for code, count in (("fi", 84), ("ru", 48)):
        best = sorted((value for own in scores[code] for value in own), reverse=True)[:count]
        assert np.float32(manifest.details["least_scores"][code]) == np.float32(best[-1])
    assert manifest.settings == {"filter": {"keep": 0.3, "least_score": None, "round_trip": None}}
    assert Manifest.read(tmp_path / "out").details == manifest.details


def test_a_least_score_is_a_bound_that_is_kept_itself(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.2, 0.1, -0.3], [0.199999], [0.2]]})
    manifest = filter_queries(scored, FilterSettings(least_score=0.2), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 0", "fi 2 0"}
    assert manifest.counts == {
        "passages": 3,
        "passages_without_queries": 1,
        "queries": {"fi": 2},
        "filtered_out": {"fi": 3},
    }
    assert [record["id"] for record in records(tmp_path / "out")] == ["d0", "d1", "d2"]


def test_a_filter_that_keeps_nothing_is_told_and_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.2, 0.1], []], "ru": [[0.5], [0.1]]})
    said = "for its 2 passages it holds no query in fi, ru: dropped were fi (filtered_out 2), ru (filtered_out 2)"
    for _ in range(2):
        with pytest.raises(PartlyDone, match=re.escape(said)):
            filter_queries(scored, FilterSettings(least_score=1), tmp_path / "out")
        assert Manifest.read(tmp_path / "out").counts["passages_without_queries"] == 2
    assert call("filter", "--scored", scored, "--output", tmp_path / "out", "--least-score", 1) == 7
    assert f"{said}. Filter less" in capsys.readouterr().err


def test_a_language_of_which_nothing_stays_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.2, 0.1], []], "ru": [[0.5], [0.1]]})
    manifest = filter_queries(scored, FilterSettings(least_score=0.3), tmp_path / "out")
    assert manifest.counts["queries"] == {"ru": 1}
    assert "it holds no query in fi: dropped were fi (filtered_out 2)" in caplog.text


def test_a_least_score_below_zero_is_one(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[-0.2, -0.1, -0.3]]})
    filter_queries(scored, FilterSettings(least_score=-0.2), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 0", "fi 0 1"}


def test_a_round_trip_keeps_what_finds_its_passage(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.1] * 4, [0.9] * 2]}, {"fi": [[1, 3, 4, None], [None, 2]]})
    filter_queries(scored, FilterSettings(round_trip=3), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 0", "fi 0 1", "fi 1 1"}
    filter_queries(scored, FilterSettings(round_trip=1), tmp_path / "first")
    assert kept(tmp_path / "first") == {"fi 0 0"}


def test_conditions_hold_together(tmp_path: Path) -> None:
    scores = {"fi": [[0.9, 0.8, 0.7], [0.6, 0.5, 0.4]]}
    scored = write_scored(tmp_path / "scored", scores, {"fi": [[5, 1, 2], [1, 1, 1]]})
    filter_queries(scored, FilterSettings(4 / 6, 0.65, 4), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 1", "fi 0 2"}


def test_equal_scores_stay_or_go_together(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.5, 0.5, 0.5, 0.4], [0.5, 0.3]]})
    filter_queries(scored, FilterSettings(0.1), tmp_path / "out")
    assert len(kept(tmp_path / "out")) == 4


def test_a_small_share_keeps_the_best_one(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[-3.0, -1.0], [-2.0]]})
    filter_queries(scored, FilterSettings(1e-9), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 1"}


@pytest.mark.parametrize(
    ("make", "fragment"),
    [
        (lambda: FilterSettings(), "nothing to filter by"),
        (lambda: FilterSettings(0), "keep is 0: a share above 0, up to 1"),
        (lambda: FilterSettings(1.5), "keep is 1.5"),
        (lambda: FilterSettings(float("nan")), "keep is nan"),
        (lambda: FilterSettings(least_score=float("nan")), "least_score is nan: a finite number"),
        (lambda: FilterSettings(round_trip=0), "round_trip is 0: a rank, from 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: Callable[[], FilterSettings], fragment: str) -> None:
    with pytest.raises(UsageError, match=fragment):
        make()


def test_a_round_trip_that_was_not_scored_is_refused(tmp_path: Path) -> None:
    without = write_scored(tmp_path / "without", {"fi": [[0.1]]})
    with pytest.raises(UsageError, match=r"was scored without an index, .* with --index and --depth 3"):
        filter_queries(without, FilterSettings(round_trip=3), tmp_path / "out")
    scored = write_scored(tmp_path / "scored", {"fi": [[0.1]]}, {"fi": [[10]]})
    with pytest.raises(UsageError, match=r"was scored to depth 10, so there is no round trip of 11"):
        filter_queries(scored, FilterSettings(round_trip=11), tmp_path / "out")
    filter_queries(scored, FilterSettings(round_trip=10), tmp_path / "out")
    assert kept(tmp_path / "out") == {"fi 0 0"}


def test_what_is_no_scored_folder_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    with pytest.raises(MissingInput, match=r"made/xqg.json: cannot be read"):
        filter_queries(made, FilterSettings(0.5), tmp_path / "out")
    Manifest("queries", {}).write(made)
    with pytest.raises(InvalidInput, match=r"made holds queries; queries scored by xqg score are expected"):
        filter_queries(made, FilterSettings(0.5), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made"]


def test_the_same_run_again_does_nothing_and_another_is_refused(tmp_path: Path) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.1, 0.2]] * 9})
    output = tmp_path / "out"
    filter_queries(scored, FilterSettings(0.5), output)
    before = {file: file.stat().st_mtime_ns for file in sorted(output.iterdir())}
    filter_queries(scored, FilterSettings(0.5), output)
    with pytest.raises(UsageError, match=r"settings.filter.keep was 0.5, now 0.6"):
        filter_queries(scored, FilterSettings(0.6), output)
    assert {file: file.stat().st_mtime_ns for file in sorted(output.iterdir())} == before


def test_a_stopped_run_ends_the_same_and_leaves_nothing_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.1, 0.2]] * 9})
    from pyserini_xqg.generation.filtering import filtering

    written, write = [], filtering.write_atomically

    def stop_at_the_third(file: Path, text: str) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(file)
        write(file, text)

    monkeypatch.setattr(filtering, "write_atomically", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        filter_queries(scored, FilterSettings(0.5), tmp_path / "out")
    monkeypatch.undo()
    smaller = write_scored(tmp_path / "smaller", {"fi": [[0.1]]})
    with pytest.raises(UsageError, match=r"holds an unfinished run with other settings or inputs"):
        filter_queries(smaller, FilterSettings(0.7), tmp_path / "out")
    filter_queries(scored, FilterSettings(0.5), tmp_path / "out")
    filter_queries(scored, FilterSettings(0.5), tmp_path / "fresh")
    one, other = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("out", "fresh"))
    assert one == other and len(one) == 4
    assert not (tmp_path / "out.partial").exists()


def test_a_place_is_looked_at_before_there_are_scores(tmp_path: Path) -> None:
    output = tmp_path / "out"
    check_place(output, FilterSettings(0.5))
    assert not output.exists()
    filter_queries(write_scored(tmp_path / "scored", {"fi": [[0.1]]}), FilterSettings(0.5), output)
    check_place(output, FilterSettings(0.5))
    with pytest.raises(UsageError, match=r"settings.filter.keep was 0.5, now 0.6"):
        check_place(output, FilterSettings(0.6))
    (output / "xqg.json").unlink()
    with pytest.raises(UsageError, match="is there and is no artifact of xqg"):
        check_place(output, FilterSettings(0.5))


def test_queries_that_were_scored_and_filtered_go_into_an_index(
    tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path
) -> None:
    score_queries(corpus, queries, str(tiny_sentence_model), tmp_path / "scored", device="cpu", part_size=10)
    manifest = filter_queries(tmp_path / "scored", FilterSettings(0.5), tmp_path / "out")
    given = {record["id"]: record["queries"] for record in records(queries)}
    scored = {record["id"]: record for record in records(tmp_path / "scored")}
    for record in records(tmp_path / "out"):
        for language, texts in record["queries"].items():
            own = scored[record["id"]]["scores"][language]
            stays = np.float32(own) >= np.float32(manifest.details["least_scores"][language])
            assert texts == [text for text, good in zip(given[record["id"]][language], stays, strict=True) if good]
    assert manifest.counts["queries"]["ru"] == 22
    built = XqgIndexBuilder(str(tiny_sentence_model), AugmentationSettings(alpha=0.1), device="cpu").build(
        corpus, tmp_path / "out", tmp_path / "index"
    )
    assert built.counts["queries"] == manifest.counts["queries"]
    assert built.counts["passages_without_queries"] == manifest.counts["passages_without_queries"]


def test_scores_that_change_between_two_looks_at_them_stop_the_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = write_scored(tmp_path / "scored", {"fi": [[0.5], [0.25], [0.75]]})
    find = filtering._thresholds

    def then_change(*arguments: Any) -> dict[str, float]:
        found = find(*arguments)
        file = scored / "part-000000.jsonl"
        file.write_text(file.read_text().replace("0.25", "0.95"))
        return found

    monkeypatch.setattr(filtering, "_thresholds", then_change)
    with pytest.raises(XqgError, match=r"part-000000\.jsonl has changed since this run began"):
        filter_queries(scored, FilterSettings(keep=0.5), tmp_path / "out")
    assert not (tmp_path / "out").exists()
