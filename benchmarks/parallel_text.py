"""Text that dictionaries and question words are learned from: nothing of what training.py chooses or reports on.

`questions` has folders of parallel questions, of MLQA dev and XOR-TyDi; `aligned` has these and XNLI dev's sentences,
for `xqg dictionary --from aligned=...`. Left out are the questions of the contexts that settings are chosen on, in all
languages, and whatever is asked in XQuAD.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.line_aligned import read_parallel_questions
from pyserini_xqg.collection.datasets.squad import read_squad_folder

Pair = tuple[str, str]


def write_parallel_text(data: Path, work: Path, languages: Iterable[str], untouched: Collection[str]) -> None:
    """Write ``questions/ar-en/ar.txt``, ``en.txt`` and so on, and the same under ``aligned``.

    Parameters
    ----------
    data : Path
        With mlqa, xor-tydi, xquad, xnli.
    work : Path
    languages : iterable of str
    untouched : collection of str
        The texts of the contexts whose questions are left out.
    """
    xquad = {_key(each.text) for of in read_squad_folder(data / "xquad").questions.values() for each in of}
    mlqa = read_examples(data / "mlqa")
    held = {_key(each.english or "") for each in mlqa if each.positives[0].text in untouched}
    for language in languages:
        pairs = [(each.english or "", each.question) for each in mlqa if each.language == language]
        questions = [pair for pair in pairs if _key(pair[0]) not in held and _key(pair[1]) not in xquad]
        if (folder := data / "xor-tydi" / f"{language}-en").is_dir():
            translated = [(each.english, each.question) for each in read_parallel_questions(folder)]
            questions += [pair for pair in translated if all(pair) and _key(pair[1]) not in xquad]
        _write(work / "questions" / f"{language}-en", language, questions)
        _write(work / "aligned" / f"{language}-en", language, [*_sentences(data / "xnli", language), *questions])


def _sentences(xnli: Path, language: str) -> Iterable[Pair]:
    """XNLI's, each once."""
    ours, theirs = ((xnli / f"dev-{code}.tsv").read_text("utf-8").splitlines() for code in ("en", language))
    rows = [(one.split("\t")[:2], other.split("\t")[:2]) for one, other in zip(ours, theirs, strict=True)]
    return dict.fromkeys((a.strip(), b.strip()) for one, other in rows for a, b in zip(one, other, strict=True))


def _write(folder: Path, language: str, pairs: Iterable[Pair]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, texts in zip(("en", language), zip(*pairs, strict=True), strict=True):
        lines = "".join(f"{' '.join(text.split())}\n" for text in texts)
        (folder / f"{name}.txt").write_text(lines, encoding="utf-8")


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
