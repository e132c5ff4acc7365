"""Instructions that ask language models for queries."""

from __future__ import annotations

import hashlib
import json
from difflib import SequenceMatcher

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed

# One message of the user: some models' templates know no system role.
INSTRUCTION = """\
Write questions in {language} that the passage below answers. How many: {n}, all about different facts.
Write them as people type them into a search engine who have not seen the passage: short, complete, and naming what \
they ask about, never "the passage" or "the text".
One question a line, in {language} only. No numbers, no answers, no translations, no other text.

Passage: {passage}"""
EXAMPLES_INSTRUCTION = "Passages, each with a question in {language} that it answers."

EXAMPLE_PASSAGES = (
    "The Harlund Bridge crosses the river Mava at the town of Tessin. It was opened in 1911 and carries two railway "
    "tracks; cars have never been allowed on it.",
    "A honey bee that has found flowers dances inside the hive. The direction of the dance shows the other bees the "
    "way, and its length shows them how far they have to fly.",
    "Lake Orsel freezes over every winter. Marta Lindqvist, a teacher from the village of Brenn, was the first to swim "
    "across it, in four hours and ten minutes.",
)
EXAMPLE_QUESTIONS = {
    "ar": (
        "متى افتُتح جسر هارلوند؟",
        "كيف يدل النحل بعضه بعضًا على الطريق إلى الأزهار؟",
        "من كان أول من عبر بحيرة أورسل سباحةً؟",
    ),
    "bg": (
        "Кога е открит мостът Харлунд?",
        "Как пчелите си показват пътя към цветята?",
        "Кой пръв е преплувал езерото Орсел?",
    ),
    "bn": ("হারলুন্ড সেতু কবে চালু হয়?", "মৌমাছিরা কীভাবে একে অপরকে ফুলের পথ দেখায়?", "অরসেল হ্রদ প্রথম কে সাঁতরে পার হন?"),
    "de": (
        "Wann wurde die Harlundbrücke eröffnet?",
        "Wie zeigen Bienen einander den Weg zu Blüten?",
        "Wer durchschwamm als Erster den Orselsee?",
    ),
    "el": (
        "Πότε άνοιξε η γέφυρα Χάρλουντ;",
        "Πώς δείχνουν οι μέλισσες η μία στην άλλη τον δρόμο για τα λουλούδια;",
        "Ποιος διέσχισε πρώτος κολυμπώντας τη λίμνη Όρσελ;",
    ),
    "en": (
        "When was the Harlund Bridge opened?",
        "How do bees show each other the way to flowers?",
        "Who was the first person to swim across Lake Orsel?",
    ),
    "es": (
        "¿Cuándo se inauguró el puente de Harlund?",
        "¿Cómo se indican las abejas el camino hacia las flores?",
        "¿Quién fue la primera persona en cruzar a nado el lago Orsel?",
    ),
    "fi": (
        "Milloin Harlundin silta avattiin?",
        "Miten mehiläiset neuvovat toisilleen tien kukkien luo?",
        "Kuka ui ensimmäisenä Orseljärven yli?",
    ),
    "fr": (
        "Quand le pont de Harlund a-t-il été inauguré ?",
        "Comment les abeilles s'indiquent-elles le chemin des fleurs ?",
        "Qui a traversé le lac Orsel à la nage en premier ?",
    ),
    "hi": (
        "हारलुंड पुल कब खोला गया था?",
        "मधुमक्खियाँ एक-दूसरे को फूलों का रास्ता कैसे बताती हैं?",
        "ओर्सेल झील को सबसे पहले तैरकर किसने पार किया?",
    ),
    "ja": (
        "ハールンド橋はいつ開通しましたか？",
        "ミツバチはどうやって仲間に花の場所を教えますか？",
        "オルセル湖を最初に泳いで渡ったのは誰ですか？",
    ),
    "ko": (
        "하를룬드 다리는 언제 개통되었나요?",
        "꿀벌은 꽃이 있는 곳을 서로 어떻게 알려 주나요?",
        "오르셀 호수를 처음으로 헤엄쳐 건넌 사람은 누구인가요?",
    ),
    "ru": (
        "Когда был открыт мост Харлунд?",
        "Как пчёлы показывают друг другу дорогу к цветам?",
        "Кто первым переплыл озеро Орсель?",
    ),
    "sw": (
        "Daraja la Harlund lilifunguliwa lini?",
        "Nyuki huonyeshanaje njia ya kwenda kwenye maua?",
        "Nani alikuwa mtu wa kwanza kuogelea kuvuka Ziwa Orsel?",
    ),
    "te": (
        "హార్లండ్ వంతెన ఎప్పుడు ప్రారంభించబడింది?",
        "తేనెటీగలు పువ్వుల దారిని ఒకదానికొకటి ఎలా చూపించుకుంటాయి?",
        "ఓర్సెల్ సరస్సును మొదట ఈది దాటింది ఎవరు?",
    ),
    "th": ("สะพานฮาร์ลุนด์เปิดใช้เมื่อไร", "ผึ้งบอกทางไปหาดอกไม้ให้กันอย่างไร", "ใครเป็นคนแรกที่ว่ายน้ำข้ามทะเลสาบออร์เซล"),
    "tr": (
        "Harlund Köprüsü ne zaman açıldı?",
        "Arılar çiçeklere giden yolu birbirlerine nasıl gösterir?",
        "Orsel Gölü'nü yüzerek geçen ilk kişi kimdir?",
    ),
    "ur": (
        "ہارلنڈ پل کب کھولا گیا؟",
        "شہد کی مکھیاں ایک دوسرے کو پھولوں کا راستہ کیسے بتاتی ہیں؟",
        "اورسل جھیل کو سب سے پہلے تیر کر کس نے پار کیا؟",
    ),
    "vi": (
        "Cầu Harlund được khánh thành khi nào?",
        "Ong chỉ đường đến hoa cho nhau bằng cách nào?",
        "Ai là người đầu tiên bơi qua hồ Orsel?",
    ),
    "zh": ("哈伦德桥是什么时候通车的？", "蜜蜂怎样互相指示去花丛的路？", "谁是第一个游泳横渡奥塞尔湖的人？"),
}
# For all other languages: one each, so that the model sees that the language is to be read from the label.
MIXED = ("es", "ru", "hi")
# The bridge and the lake, which are made up: no other passage has them.
EXAMPLE_NAMES = (
    *("harlund", "orsel", "харлунд", "орсел", "هارلوند", "أورسل", "হারলুন্ড", "অরসেল", "ハールンド", "オルセル"),
    *("하를룬드", "오르셀", "హార్లండ్", "ఓర్సెల్", "χάρλουντ", "όρσελ", "हारलुंड", "ओर्सेल", "ฮาร์ลุนด์", "ออร์เซล"),
    *("ہارلنڈ", "اورسل", "哈伦德", "奥塞尔"),
)
# The share of characters in common, 0 to 1.
LIKE_AN_EXAMPLE = 0.9


def passage_in_prompt(passage: Passage) -> str:
    """Title and text on one line."""
    return " ".join(f"{passage.title}: {passage.text}".removeprefix(": ").removesuffix(": ").split())


def messages(passage: str, language: str, n: int, instruction: str | None = None) -> list[dict[str, str]]:
    """A chat that asks for `n` distinct questions, one a line.

    Parameters
    ----------
    passage : str
    language : str
        Its code.
    n : int
    instruction : str or None
        A text of one's own; ``{language}``, ``{n}`` and ``{passage}`` stand for what they say, and the passage comes
        last where it has no place.
    """
    return [{"role": "user", "content": _fill(instruction or INSTRUCTION, passage, language, n)}]


def worked_examples(passage: str, language: str, instruction: str | None = None) -> str:
    """A text with three passages and their questions, that a base model goes on with one question for `passage`.

    Parameters
    ----------
    passage : str
    language : str
        Its code.
    instruction : str or None
        The text above the examples, instead of the usual line.
    """
    head = (instruction or EXAMPLES_INSTRUCTION).replace("{language}", language_name(language)).strip()
    own = language in EXAMPLE_QUESTIONS
    blocks = [head]
    for number, (example, mixed) in enumerate(zip(EXAMPLE_PASSAGES, MIXED, strict=True)):
        code = language if own else mixed
        blocks.append(f"{_labelled(example, code)} {EXAMPLE_QUESTIONS[code][number]}")
    return composed("\n\n".join([*blocks, _labelled(passage, language)]))


def is_example(question: str, language: str) -> bool:
    """Whether `question` is one of the worked examples', or much like it."""
    own = (language,) if language in EXAMPLE_QUESTIONS else MIXED
    folded = composed(question).casefold()
    return any(name in folded for name in EXAMPLE_NAMES) or any(
        SequenceMatcher(None, folded, example.casefold(), autojunk=False).ratio() > LIKE_AN_EXAMPLE
        for code in own
        for example in EXAMPLE_QUESTIONS[code]
    )


def prompt_identity(chat: bool, instruction: str | None) -> str:
    """The instruction, with a fingerprint of the worked examples where they are used: for settings."""
    if chat:
        return instruction or INSTRUCTION
    examples = json.dumps([EXAMPLE_PASSAGES, EXAMPLE_QUESTIONS, MIXED, _labelled("", "en")])
    digest = hashlib.sha256(examples.encode("ascii")).hexdigest()
    return f"{instruction or EXAMPLES_INSTRUCTION} [examples {digest[:16]}]"


def _fill(template: str, passage: str, language: str, n: int) -> str:
    if "{passage}" not in template:
        template = f"{template.rstrip()}\n\n{{passage}}"
    # The passage last: what stands in it is no place to fill.
    template = template.replace("{language}", language_name(language)).replace("{n}", str(n))
    return composed(template.replace("{passage}", passage))


def _labelled(passage: str, language: str) -> str:
    return f"Passage: {passage}\nQuestion in {language_name(language)}:"
