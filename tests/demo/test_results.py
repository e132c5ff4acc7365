from __future__ import annotations

from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.demo.results import ConditionScores, results_as_text

QUESTIONS = {language: [Question(f"{language}{n}", "?", f"d{n}", ()) for n in range(20)] for language in ("ar", "fi")}


def scores(arabic: int, finnish: int) -> ConditionScores:
    """The first so many questions of a language have their passage first, the others have it second."""
    hits = {
        question.id: float(number < right)
        for language, right in (("ar", arabic), ("fi", finnish))
        for number, question in enumerate(QUESTIONS[language])
    }
    ranks = {question: (1 + hit) / 2 for question, hit in hits.items()}
    return ConditionScores({"Success@1": hits, "RR@10": ranks}, sum(ranks.values()) / len(ranks))


def test_conditions_stand_side_by_side_and_augmented_is_tested() -> None:
    found = {"plain": scores(5, 10), "augmented": scores(15, 9), "shuffled": scores(5, 11), "mean": scores(5, 10)}
    # 10 won, none lost: 2 / 2 ** 10, twice for Holm.
    assert results_as_text(QUESTIONS, found) == (
        "R@1 (%)                       plain  augmented   shuffled       mean  won/lost      p\n"
        "Arabic (ar)                    25.0       75.0       25.0       25.0      10/0  0.004 *\n"
        "Finnish (fi)                   50.0       45.0       55.0       50.0       0/1  1.000\n"
        "mean of the languages          37.5       60.0       40.0       37.5            0.004 *\n"
        "\n"
        "augmented - plain, mean of the languages: +22.5, 95% interval +9.7 to +35.3\n"
        "augmented - shuffled, mean of the languages: +20.0, 95% interval +9.7 to +32.8\n"
        "augmented - mean, mean of the languages: +22.5, 95% interval +9.7 to +35.3\n"
        "\n"
        "MRR@10 (%)                    plain  augmented   shuffled       mean\n"
        "Arabic (ar)                    62.5       87.5       62.5       62.5\n"
        "Finnish (fi)                   75.0       72.5       77.5       75.0\n"
        "mean of the languages          68.8       80.0       70.0       68.8\n"
        "\n"
        "trec_eval, 40 questions        68.8       80.0       70.0       68.8\n"
        "\n"
        "won/lost: questions that only augmented, or only plain, ranks first.\n"
        "p: exact McNemar test, Holm-corrected over 2 languages; of a mean: randomisation, not corrected; * below "
        "0.05.\ninterval: bootstrap.\n"
        "20 clusters of 40 questions, the largest of 2: translations of one question and questions of one relevant "
        "passage go together. Tests exchange and intervals draw whole clusters.\n"
        "shuffled: queries of another passage; mean: the mean query vector for every passage."
    )


def test_one_language_has_its_mean_too() -> None:
    found = {name: scores(5, 10) for name in ("plain", "augmented")}
    lines = results_as_text({"fi": QUESTIONS["fi"]}, found).splitlines()
    assert [line.split()[-2:] for line in lines[:3]] == [["won/lost", "p"], ["0/0", "1.000"], ["50.0", "1.000"]]
