"""Writing without a model: sentences of a document that share words with a question, word for word."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from compound.model import solver

from ..lexicon.words import fold
from ..shop.documents import Json

MOST_POINTS, MOST_LINES = 3, 8
"""Maximum number of sentences of one document, and of lines of one merge."""
_SENTENCE = re.compile(r"(?:[^.!?]|[.](?=\w))+[.!?]?")
_WORD = re.compile(r"[^\W\d_]{3,}|#?[\w-]{0,60}\d[\w-]{0,60}")
_IDLE = set(
    """the and for are was were that this with you your our from what when which how does did can may must will would
    should about into they them their there than then have has had not all any who whom why where its it is in on of to
    a an or be by as at if we us do say says much many long one""".split()
)


@solver("quote_points")
def quote(inputs: Mapping[str, Json]) -> Json:
    """Answer a map's `extract` node: the sentences of a document that share most words with the question; maybe none."""
    document = inputs.get("document")
    text = str(document.get("text")) if isinstance(document, Mapping) else ""
    found = best_sentences(str(inputs.get("question") or ""), text)
    return [{"text": one.text, "quote": one.quote} for one in found[:MOST_POINTS]]


@solver("merge_lines")
def merge(inputs: Mapping[str, Json]) -> Json:
    """Answer a reduce's `merge` node: equal lines become one, and the nearest to the question are kept."""
    question = _bag(str(inputs.get("question") or ""))
    lines = inputs.get("lines")
    kept: list[tuple[Counter[str], str, list[str]]] = []
    for line in lines if isinstance(lines, list) else ():
        if not isinstance(line, Mapping):
            continue
        text, listed = str(line.get("text")), line.get("cites")
        cites = [str(one) for one in listed] if isinstance(listed, list) else []
        bag = _bag(text)
        same = next((one for one in kept if _share(one[0], bag) >= 0.8), None)
        if same is None:
            kept.append((bag, text, cites))
        else:
            same[2].extend(cites)
    ranked = sorted(enumerate(kept), key=lambda one: (-len(set(one[1][2])), -overlap(question, one[1][0]), one[0]))
    return [{"text": text, "cites": [*sorted(set(cites))]} for _, (_, text, cites) in ranked[:MOST_LINES]]


class Sentence(NamedTuple):
    """The content of a document for people, and its exact words."""

    text: str
    quote: str


def best_sentences(question: str, text: str) -> list[Sentence]:
    """Sentences that share a word with the question, best first; a rare word of the text counts more."""
    wanted = _bag(question)
    sentences = list(sentences_of(text))
    bags = [_bag(sentence.text) for sentence in sentences]
    seen = Counter(word for bag in bags for word in bag)
    scored = [
        (sum(math.log(1 + len(bags) / seen[word]) for word in bag.keys() & wanted.keys()) / (4 + sum(bag.values())), at)
        for at, bag in enumerate(bags)
    ]
    return [sentences[at] for score, at in sorted(scored, key=lambda one: (-one[0], one[1])) if score > 0]


def sentences_of(text: str) -> Iterator[Sentence]:
    """Sentences in their order, lines of a paragraph joined; rows of a table one by one, without its head."""
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.splitlines()]
        yield from _rows([line for line in lines if line.startswith("|")])
        plain = " ".join(line for line in lines if line and line[0] not in "#|")
        for part in re.split(r"\s(?=[-*] )", plain):
            for match in _SENTENCE.finditer(part):
                sentence = match.group().strip().lstrip("-*> ").strip()
                if len(_WORD.findall(sentence)) >= 3:
                    yield Sentence(sentence.replace("**", ""), sentence)


def _rows(lines: Sequence[str]) -> Iterator[Sentence]:
    has_head = len(lines) > 2 and set(lines[1]) <= set("|-: ")
    for line in lines[2:] if has_head else lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield Sentence(": ".join(filter(None, cells)), line)


def overlap(question: Counter[str], other: Counter[str]) -> float:
    """Share of the question's words that the other has, 0 to 1."""
    return len(question.keys() & other.keys()) / len(question) if question else 0.0


def words_of(text: str) -> Counter[str]:
    """Meaningful words, by their stems."""
    return _bag(text)


def _bag(text: str) -> Counter[str]:
    return Counter(_stem(word) for word in _WORD.findall(fold(text)) if word not in _IDLE)


def _stem(word: str) -> str:
    """Crude and the same for both sides: `refunds`, `refunded` and `refund` are one word."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _share(one: Counter[str], other: Counter[str]) -> float:
    both = len(one.keys() & other.keys())
    return both / max(1, len(one.keys() | other.keys()))


def texts(value: Json) -> Sequence[str]:
    """A list of texts, empty if there is none."""
    return [str(one) for one in value] if isinstance(value, list) else ()
