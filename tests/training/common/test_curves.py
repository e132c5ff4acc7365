from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from pyserini_xqg.training.common.curves import dev_scores, write_curves

HISTORY = [
    {"step": 1, "epoch": 0.5, "loss": 2.0, "learning_rate": 1e-5, "grad_norm": 3.0},
    {"step": 2, "epoch": 1.0, "loss": 1.0, "learning_rate": 5e-6, "grad_norm": 2.0},
    {
        "step": 2,
        "epoch": 1.0,
        "eval_dev": 0.5,
        "eval_RR": 0.5,
        "eval_RR fi": 0.25,
        "eval_R@5 fi": 1.0,
        "eval_runtime": 9,
    },
    {"step": 2, "epoch": 1.0, "train_runtime": 10.0, "train_loss": 1.5},
]
MEASURES = ["RR", "R@5"]


def test_the_scores_are_told_from_what_the_trainer_adds() -> None:
    assert dev_scores(HISTORY, MEASURES) == {2: {"RR": 0.5, "RR fi": 0.25, "R@5 fi": 1.0}}


def test_the_first_measure_is_the_first_whatever_the_order_of_the_history(tmp_path: Path) -> None:
    for name, history in (("as it came", HISTORY), ("sorted", [dict(sorted(each.items())) for each in HISTORY])):
        (tmp_path / name).mkdir()
        write_curves(history, tmp_path / name, MEASURES)
    for file in ("dev.tsv", "loss.svg"):
        assert (tmp_path / "sorted" / file).read_bytes() == (tmp_path / "as it came" / file).read_bytes()


def test_curves_as_data_and_as_a_picture(tmp_path: Path) -> None:
    write_curves(HISTORY, tmp_path, MEASURES)
    assert (tmp_path / "loss.tsv").read_text(encoding="utf-8").splitlines() == [
        "step\tepoch\tloss\tlearning_rate\tgradient_norm",
        "1\t0.5000\t2\t1e-05\t3",
        "2\t1.0000\t1\t5e-06\t2",
    ]
    assert (tmp_path / "dev.tsv").read_text(encoding="utf-8").splitlines() == [
        "step\tmeasure\tlanguage\tvalue",
        "2\tRR\tmean\t0.500000",
        "2\tRR\tfi\t0.250000",
        "2\tR@5\tfi\t1.000000",
    ]
    picture = (tmp_path / "loss.svg").read_bytes()
    texts = {"".join(element.itertext()) for element in ElementTree.fromstring(picture).findall(".//{*}text")}
    assert {"step", "loss", "RR on dev"} <= texts
    write_curves(HISTORY, tmp_path, MEASURES)
    assert (tmp_path / "loss.svg").read_bytes() == picture


def test_terms_of_the_loss_have_columns_and_lines_of_their_own(tmp_path: Path) -> None:
    terms = {1: {"divergence": 1.5, "contrastive": 0.5}, 2: {"contrastive": 0.25, "divergence": 0.75}}
    write_curves([{**each, **terms[each["step"]]} for each in HISTORY if "loss" in each], tmp_path)
    rows = [row.split("\t") for row in (tmp_path / "loss.tsv").read_text(encoding="utf-8").splitlines()]
    assert [[row[2], *row[5:]] for row in rows] == [
        ["loss", "contrastive", "divergence"],
        ["2", "0.5", "1.5"],
        ["1", "0.25", "0.75"],
    ]
    picture = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert all(f">{name}</text>" in picture for name in ("loss", "contrastive", "divergence"))


def test_without_dev_there_is_no_dev_file(tmp_path: Path) -> None:
    write_curves(HISTORY[:2], tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["loss.svg", "loss.tsv"]


def test_long_curves_are_drawn_in_means(tmp_path: Path) -> None:
    history = [{"step": n, "epoch": n / 9, "loss": 1.0, "learning_rate": 0.0} for n in range(1, 9001)]
    write_curves(history, tmp_path)
    assert len((tmp_path / "loss.tsv").read_text(encoding="utf-8").splitlines()) == 9001
    assert (tmp_path / "loss.svg").stat().st_size < 60_000
