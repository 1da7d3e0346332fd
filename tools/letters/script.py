"""A ticket's text, annotated: words, entities, and the hits of the lexicon and of the customer's glossary."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from ..lexicon.compiled import Hit, Lexicon, lexicon, product_words
from ..lexicon.greetings import GREETINGS, LONGEST
from ..lexicon.words import Word, split_words
from ..reading.addresses import find_addresses
from ..reading.identifiers import EMAIL, ORDER_ID, PAYMENT_ID, normal_order_id
from ..reading.identity import USER_ID
from ..reading.layout import Span, appended, list_numbers, notices
from ..reading.suspicion import suspicious_spans
from ..shop.documents import Address
from .alternatives import Alternative, find_alternatives
from .matching import Found, Glossary

_OPTIONS = re.compile(r"\{[^{}]{0,600}\}")
_ITEM_ID = re.compile(r"(?<!\d)#?\d{10}(?!\d)")
_MONEY = re.compile(r"[$€£]\s?\d+(?:[.,]\d+)*|\b\d+(?:[.,]\d+)?\s?(?:dollars?|usd|euros?|eur|bucks)\b", re.IGNORECASE)
_ORDER = re.compile(
    rf"(?:\b(?:no|nr|num|núm|nro)\s?[.:º]+\s?|\bn\s?[º°]\s?|(?<=order )no\s|(?<=bestellung )nr\s)?(?:{ORDER_ID.pattern})",
    re.IGNORECASE,
)
_END = {".", "!", "?"}
_SHORTENED = {
    "nr",
    "num",
    "nro",
    "st",
    "dr",
    "mr",
    "mrs",
    "ms",
    "prof",
    "ca",
    "bzw",
    "usw",
    "evtl",
    "ggf",
    "approx",
    "tel",
    "inkl",
}
"""A period after one of these does not end a sentence."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity with its own form: `order, payment, options, address, email, user, item, money, number` (of a list).

    `doubtful`: another reading is as likely.
    """

    kind: str
    text: str
    options: dict[str, str] | None = None
    address: Address | None = None
    doubtful: bool = False


@dataclass(slots=True)
class Script:
    """The annotated text.

    Attributes:
        words: Canonical words; an entity is one word whose text starts with `@`.
        entities: Entity by the index of its word.
        hits: Phrases of the language.
        found: Things, values and option names of the customer.
        sentence: For each word the number of its sentence.
        questions: Sentences that end with a question mark.
        distrusted: Sentences that address the system, to the end of their paragraph.
        appended: Sentences that are quoted, or that a program appended: not part of the letter.
        notices: Those of them that have the well-known form of such notices.
        heading: The sentences of the subject.
        alternatives: Second choices.
    """

    text: str
    language: Lexicon
    words: list[Word]
    entities: dict[int, Entity]
    hits: list[Hit]
    found: list[Found]
    sentence: list[int]
    questions: set[int]
    distrusted: set[int]
    appended: set[int]
    notices: set[int]
    heading: set[int]
    alternatives: list[Alternative]
    _tags: dict[tuple[str, ...], frozenset[int]] = field(default_factory=dict[tuple[str, ...], frozenset[int]])

    def tagged(self, *kinds: str) -> frozenset[int]:
        """Indexes of the words in phrases of these kinds; computed once."""
        if kinds not in self._tags:
            self._tags[kinds] = frozenset(part for hit in self.hits if hit.kind in kinds for part in hit.parts)
        return self._tags[kinds]

    def tagged_as(self, kind: str, value: str) -> frozenset[int]:
        """Indexes of the words in phrases of this kind and meaning."""
        key = ("=", kind, value)
        if key not in self._tags:
            said = (hit for hit in self.hits if hit.kind == kind and hit.value == value)
            self._tags[key] = frozenset(part for hit in said for part in hit.parts)
        return self._tags[key]

    @property
    def things(self) -> frozenset[int]:
        """Indexes of the words that name a thing."""
        if ("#",) not in self._tags:
            named = (found for found in self.found if found.kind == "thing")
            self._tags["#",] = frozenset(at for found in named for at in range(found.start, found.end))
        return self._tags["#",]

    @property
    def longest(self) -> int:
        """Words of the longest sentence."""
        return max(Counter(self.sentence).values(), default=0)


def annotate(text: str, language: str, glossary: Glossary, *, subject: int = 0) -> Script:
    """Read a clean text with the words of its language and of the customer's products.

    Args:
        text: The subject, if there is one, an empty line, the body.
        language: One of `LANGUAGES`; English for any other.
        glossary: What the customer's things are called.
        subject: Length of the subject, in characters.
    """
    known = lexicon(language)
    words, entities = _words(text)
    words = known.correct(words, glossary.words | product_words())
    hits = known.find(words)
    sentence, questions = _sentences(text, words, {at for at, entity in entities.items() if entity.kind == "number"})
    return Script(
        text=text,
        language=known,
        words=words,
        entities=entities,
        hits=hits,
        found=glossary.find(words, known),
        sentence=sentence,
        questions=questions,
        distrusted=_distrusted(text, words, sentence),
        appended=_covered(appended(text), words, sentence),
        notices=_covered(notices(text), words, sentence),
        heading=_covered([(0, subject)], words, sentence),
        alternatives=find_alternatives(words, hits, sentence),
    )


def _distrusted(text: str, words: Sequence[Word], sentence: Sequence[int]) -> set[int]:
    """From a suspicious place to the end of its paragraph, whole sentences."""
    stops = [(start, text.find("\n\n", end)) for start, end in suspicious_spans(text)]
    return _covered([(start, len(text) if stop < 0 else stop) for start, stop in stops], words, sentence)


def _covered(spans: Sequence[Span], words: Sequence[Word], sentence: Sequence[int]) -> set[int]:
    """The sentences with a word in one of the spans."""
    found: set[int] = set()
    merged = _merged(spans)
    at = 0
    for number, word in zip(sentence, words, strict=True):
        while at < len(merged) and merged[at][1] <= word.start:
            at += 1
        if at < len(merged) and word.end > merged[at][0]:
            found.add(number)
    return found


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans in their order, those that touch as one; empty ones left out."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _words(text: str) -> tuple[list[Word], dict[int, Entity]]:
    words: list[Word] = []
    entities: dict[int, Entity] = {}
    at = 0
    for start, end, entity in _entities(text):
        words.extend(_shift(split_words(text[at:start]), at))
        entities[len(words)] = entity
        words.append(Word(f"@{entity.kind}", start, end, text[start:end]))
        at = end
    words.extend(_shift(split_words(text[at:]), at))
    return words, entities


def _shift(words: Sequence[Word], by: int) -> list[Word]:
    return [Word(word.text, word.start + by, word.end + by, word.raw) for word in words]


def _entities(text: str) -> list[tuple[int, int, Entity]]:
    spans: list[tuple[int, int, Entity]] = []
    for match in _OPTIONS.finditer(text):
        options = _options(match.group())
        if options is not None and {"address1", "city", "zip"} <= set(options):
            address = cast("Address", {k: options.get(k, "") for k in Address.__annotations__})
            spans.append((match.start(), match.end(), Entity("address", match.group(), address=address)))
        elif options is not None:
            spans.append((match.start(), match.end(), Entity("options", match.group(), options=options)))
    for found in find_addresses(text):
        spans.append(
            (
                found.start,
                found.end,
                Entity("address", text[found.start : found.end], address=found.address, doubtful=not found.sure),
            )
        )
    for kind, pattern in (
        ("email", EMAIL),
        ("payment", PAYMENT_ID),
        ("user", USER_ID),
        ("item", _ITEM_ID),
        ("order", _ORDER),
        ("money", _MONEY),
    ):
        for match in pattern.finditer(text):
            said = normal_order_id(match.group()) if kind == "order" else match.group().lstrip("#")
            spans.append((match.start(), match.end(), Entity(kind, said)))
    spans += [(start, end, Entity("number", text[start:end])) for start, end in list_numbers(text)]
    kept: dict[int, tuple[int, int, Entity]] = {}
    starts: list[int] = []
    for span in spans:  # the first entity that claims these characters has them
        at = bisect_left(starts, span[1]) - 1
        if at < 0 or kept[starts[at]][1] <= span[0]:
            insort(starts, span[0])
            kept[span[0]] = span
    return [kept[start] for start in starts]


def _options(text: str) -> dict[str, str] | None:
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    pairs = cast("dict[object, object]", value)
    if all(isinstance(key, str) and isinstance(part, str) for key, part in pairs.items()):
        return cast("dict[str, str]", pairs)
    return None


def _sentences(text: str, words: Sequence[Word], starts: set[int]) -> tuple[list[int], set[int]]:
    """The number of each word's sentence, and the questions; at `starts` a new one begins in any case."""
    numbers: list[int] = []
    questions: set[int] = set()
    now, begin, ended = 0, 0, False
    for at, word in enumerate(words):
        between = text[words[at - 1].end : word.start] if at else ""
        fresh_line = "\n" in between and (between.count("\n") > 1 or not word.raw[:1].islower())
        if (ended and not (word.is_mark and word.text in _END)) or fresh_line or (at and at in starts):
            now, begin = now + 1, at
            ended = False
        numbers.append(now)
        # "Dear all," is a sentence of its own.
        if word.text == "," and words[begin].text in GREETINGS and at - begin <= LONGEST:
            ended = True
        if word.text in _END and not (word.text == "." and at and words[at - 1].text in _SHORTENED):
            ended = True
            if word.text == "?":
                questions.add(now)
    return numbers, questions
