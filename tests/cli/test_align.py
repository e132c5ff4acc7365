from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.languages import language_code
from tests.conftest import call, sentence


@pytest.fixture
def xnli(tmp_path: Path) -> Path:
    """Made up, in XTREME's form: eight premises, each with two hypotheses."""
    folder = tmp_path / "xnli"
    folder.mkdir()
    for language, start in (("en", 0), ("sw", 200), ("fi", 400)):
        rows = (
            f"{sentence(start + premise, 5)}\t{sentence(start + 50 + 3 * premise + each, 4)}\tneutral\n"
            for premise in range(8)
            for each in range(2)
        )
        (folder / f"dev-{language}.tsv").write_text("".join(rows))
    return folder


@pytest.mark.slow
def test_sentences_come_first_and_figures_then(
    xnli: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert call("align", "--xnli", xnli, "--output", output) == 0
    records = [json.loads(line) for line in (output / "corpus.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == [f"s{number}" for number in range(8)]
    queries = tmp_path / "queries.jsonl"
    queries.write_text("".join(json.dumps({"id": r["id"], "queries": {"sw": ["mto"]}}) + "\n" for r in records))
    capsys.readouterr()
    asked = ("align", "--xnli", xnli, "--output", output, "--encoder", tiny_model, "--queries", f"words={queries}")
    assert call(*asked, "--hypotheses", "--similarity", "cosine,margin", "--alpha", "0,0.3", "--folds", "2") == 0
    shown = capsys.readouterr().out
    for word in ("cosine A@1 (%)", "margin A@1 (%)", "Swahili (sw)", "hypotheses", "words", "low-resource"):
        assert word in shown
    values = json.loads((output / "alignment.json").read_text())
    assert values["settings"]["alphas"] == [0.0, 0.3]
    assert {"plain", "words", "hypotheses", "hypotheses mean"} <= set(values["measures"]["margin mutual"]["values"])
    assert call(*asked, "--json", "--folds", "2", "--group", "mine=sw,fi") == 0
    assert json.loads(capsys.readouterr().out)["groups"]["cosine A@1"]["mine"]["languages"] == ["fi", "sw"]
    assert call(*asked, "--format", "tsv", "--folds", "2", "--language", "Swahili") == 0
    assert capsys.readouterr().out == (output / "alignment.tsv").read_text()


def test_line_aligned_files(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, start in (("en", 0), ("fi", 5), ("en-sw", 20), ("sw", 30)):
        (tmp_path / name).write_text("".join(f"{sentence(start + number)}\n" for number in range(6)))
    english = ("--english", tmp_path / "en", "--english", f"sw={tmp_path / 'en-sw'}")
    texts = ("--text", f"fi={tmp_path / 'fi'}", "--text", f"sw={tmp_path / 'sw'}")
    assert call("align", *english, *texts, "--encoder", tiny_model) == 0
    shown = capsys.readouterr().out
    assert "Finnish (fi)" in shown and "Swahili (sw)" in shown and "low-resource" not in shown


@pytest.mark.slow
def test_own_and_others_do_not_change_places_with_the_way_a_language_is_written(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for name, start in (("en", 0), ("sw", 200)):
        (tmp_path / name).write_text("".join(f"{sentence(start + number, 5)}\n" for number in range(8)))
    queries = tmp_path / "queries.jsonl"
    queries.write_text(
        "".join(
            json.dumps({"id": f"s{n}", "queries": {"swh_Latn": [sentence(200 + n, 5)], "zh-TW": [sentence(n + 1, 5)]}})
            + "\n"
            for n in range(8)
        )
    )
    shown = []
    for language in ("sw", "swh", "swh_Latn"):
        language_code.cache_clear()
        caplog.clear()
        texts = ("--english", tmp_path / "en", "--text", f"{language}={tmp_path / 'sw'}")
        grid = ("--alpha", "0.9", "--folds", "2", "--subsets", "own,others", "--json", "--group", "low=swa")
        assert call("align", *texts, "--encoder", tiny_model, "--queries", f"mine={queries}", *grid) == 0
        shown.append(json.loads(capsys.readouterr().out))
        folded = [message for message in caplog.messages if "is taken as" in message]
        assert folded == [
            f"the language {each} is taken as {code} ({name})"
            for each, code, name in (
                *([(language, "sw", "Swahili")] if language == "swh" else []),
                ("swh_Latn", "sw", "Swahili"),
                ("zh-TW", "zh", "Chinese"),
            )
        ]
    assert shown[0] == shown[1] == shown[2]
    values = shown[0]["measures"]["cosine A@1"]["values"]
    assert values["mine own"]["sw"] == 1 > values["mine others"]["sw"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--encoder", "M"), 2, "one of --xnli, and --english with --text"),
        (("--xnli", "X", "--text", "fi=F"), 2, "one of --xnli, and --english with --text"),
        (("--text", "fi=F"), 2, "one of --xnli, and --english with --text"),
        (("--english", "E", "--english", "F", "--text", "fi=F"), 2, "there is one already"),
        (("--xnli", "X"), 2, "give --encoder, or --output"),
        (("--xnli", "X", "--encoder", "M", "--queries", "a=1", "--queries", "a=2"), 2, "a is there twice"),
        (("--xnli", "X", "--encoder", "M", "--queries", "hypotheses=1", "--hypotheses"), 2, "give another one"),
        (("--xnli", "X", "--part", "hypothesis", "--encoder", "M", "--hypotheses"), 2, "goes with the premises"),
        (("--xnli", "X", "--encoder", "M", "--alpha", "a"), 2, "--alpha is 'a'"),
        (("--xnli", "X", "--encoder", "M", "--similarity", "l2"), 2, "similarity is 'l2'"),
        (("--xnli", "X", "--encoder", "M", "--queries", "a/b=1"), 2, "cannot be the name"),
        (("--xnli", "X", "--encoder", "M", "--group", "g=de"), 2, "none of the languages of the group g"),
        (("--xnli", "X", "--encoder", "M", "--language", "de"), 5, "no sentences in de"),
        (("--xnli", "none", "--encoder", "M"), 4, "cannot be read"),
        (("--english", "none", "--text", "fi=none", "--encoder", "M"), 4, "cannot be read"),
        (("--xnli", "X", "--encoder", "none/such"), 4, "none/such"),
    ],
)
def test_mistakes_end_in_messages(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    xnli: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = {"X": xnli, "M": tiny_model}
    assert call("align", *(names.get(argument, argument) for argument in arguments)) == code
    shown = capsys.readouterr()
    assert message in shown.err and "Traceback" not in shown.err and shown.out == ""
