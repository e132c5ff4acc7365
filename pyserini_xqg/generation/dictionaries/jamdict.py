"""JMdict and JMnedict as the package ``jamdict-data`` has them, a SQLite file: Japanese words, and names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.databases import rows
from pyserini_xqg.generation.dictionaries.glosses import RARE, english_words

EXPECTED = "jamdict.db of the package jamdict-data, unpacked"
UNUSUAL = frozenset({"archaism", "obsolete term", "obscure term", "rare", "slang", "vulgar expression or word"})
KANA = "word usually written using kana alone"

# What EDICT marks as common, and of words of a newspaper in which five hundred of the most frequent they are.
_FORMS = """
select idseq, {form}.text, max(case when tags.text in ('ichi1', 'news1', 'spec1', 'spec2', 'gai1') then 1
                                    when tags.text between 'nf01' and 'nf24' then 100 - substr(tags.text, 3)
                                    else 0 end)
from {form} left join {tags} as tags on kid = ID group by ID order by ID
"""
_SENSES = """
select Sense.idseq, Sense.ID, SenseGloss.text, remarks
from Sense join SenseGloss on SenseGloss.sid = Sense.ID
left join (select sid, group_concat(text, '|') as remarks from misc group by sid) as said on said.sid = Sense.ID
where lang in ('', 'eng') order by Sense.ID
"""
_NAMES = """
select coalesce(kanji.text, kana.text), NETransGloss.text
from NETranslation join NETransGloss on NETransGloss.tid = NETranslation.ID
join (select distinct tid from NETransType where text in
    ('place', 'station', 'organization', 'company', 'product', 'work', 'person', 'event')) as kind
    on kind.tid = NETranslation.ID
left join (select idseq, min(ID), text from NEKanji group by idseq) as kanji on kanji.idseq = NETranslation.idseq
left join (select idseq, min(ID), text from NEKana group by idseq) as kana on kana.idseq = NETranslation.idseq
where lang in ('', 'eng') order by NETranslation.ID
"""


def read_jamdict(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Japanese for the English words of its glosses, common words first, then places, organisations and persons.

    Given names and family names are left out: they have no one spelling.

    Raises
    ------
    MissingInput, InvalidInput
        It cannot be read, or is another file.
    """
    kanji, kana = (_forms(files[0], form, tags) for form, tags in (("Kanji", "KJP"), ("Kana", "KNP")))
    sense_numbers: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for entry, sense, gloss, remarks in rows(files[0], _SENSES, EXPECTED):
        said = (remarks or "").split("|")
        position = sense_numbers[entry].setdefault(sense, len(sense_numbers[entry]))
        word, count = (kana if KANA in said else kanji).get(entry) or kana.get(entry, ("", 0))
        late = 0 if count else RARE // 2
        late += RARE if UNUSUAL.intersection(said) else 0
        for english in english_words(gloss):
            if word:
                yield Translation(english, word, position + late, count or 1)
    for word, gloss in rows(files[0], _NAMES, EXPECTED):
        for english in english_words(gloss):
            yield Translation(english, word, 2 * RARE)


def _forms(file: Path, form: str, tags: str) -> dict[int, tuple[str, int]]:
    """The first form of each entry that is common, else the first, and how common it is; 0 for what is not."""
    found: dict[int, tuple[str, int]] = {}
    for entry, text, count in rows(file, _FORMS.format(form=form, tags=tags), EXPECTED):
        if entry not in found or (count and not found[entry][1]):
            found[entry] = text, count
    return found


def origin(files: Sequence[Path]) -> str:
    """Which files of the Electronic Dictionary Research and Development Group it was made from."""
    said = " | ".join(f"{key}: {value}" for key, value in rows(files[0], "select key, value from meta", EXPECTED))
    return f"JMdict and JMnedict, EDRDG (licence: https://www.edrdg.org/edrdg/licence.html). {said}"


KIND = SourceKind(read_jamdict, origin, ("jamdict.db",), frozenset({"ja"}))
