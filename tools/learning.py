"""What past letters teach about words: those that stood in many letters of one intent add nothing to that intent.

A word that many past letters with the same wish used is no second wish. Words of warning ("if", "not", "or") count
only together with their neighbours, and only when that triple stands in letters of many different intents. The
result is data that lies beside this module (`everyday.json`); `learn` makes it from labelled past tickets.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .lexicon import LANGUAGES, lexicon
from .words import Word, split_words

FILE = Path(__file__).with_name("everyday.json")
MIN_LETTERS = 4
"""A word must be in so many past letters of an intent to be explained by it."""
MIN_TRIPLES = 5
MIN_INTENTS = 4
"""A triple around a word of warning must be in so many letters of so many different intents (of seven)."""
MAX_LEAN = 1.5
"""... and its share among letters of one intent may exceed that among all by a factor of at most 2 ** this."""
MIN_SCORE, MIN_MARGIN = 1.5, 0.7
"""Sum of log odds from which words are said to lean to an intent, and how far before the next one."""
SEVERAL = "several"
_SHARP = ("hazard", "neg")


@dataclass(frozen=True, slots=True)
class Everyday:
    """What was learned of one language: words by intent, and harmless triples around words of warning."""

    words: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    triples: frozenset[str] = frozenset()
    cues: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])

    def explains(self, word: str, intents: Collection[str]) -> bool:
        """Whether past letters of one of these intents used the word often."""
        return any(word in self.words.get(intent, ()) for intent in intents)

    def leaning(self, words: Iterable[str]) -> str:
        """The intent that these words lean to by `MIN_MARGIN`; empty when to none."""
        scores: Counter[str] = Counter()
        for word in words:
            for intent, weight in self.cues.get(word, {}).items():
                scores[intent] += weight  # pyright: ignore[reportArgumentType]
        ranked = [*scores.most_common(2), ("", 0.0), ("", 0.0)]
        (best, high), (_, second) = ranked[0], ranked[1]
        return best if high >= MIN_SCORE and high - second >= MIN_MARGIN else ""


def learn(letters: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, object]]:
    """Count words and triples.

    Args:
        letters: (language, text, intent), one for each past letter; letters of several intents teach only triples.

    Returns:
        Language to `words` (intent to words) and `triples`, sorted; what `everyday.json` holds.
    """
    words: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in LANGUAGES}
    triples: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in LANGUAGES}
    intents: dict[str, Counter[str]] = {name: Counter() for name in LANGUAGES}
    for language, text, intent in letters:
        if language not in words:
            continue
        intents[language][intent] += 1
        said = split_words(text)
        if intent != SEVERAL:
            words[language][intent].update({w.text for w in said if w.text.isalpha() and len(w.text) > 1})
        for key in {key for _, key in sharp_triples(said, sharp_words(language))}:
            triples[language][key][intent] += 1
    return {
        language: {
            "words": {intent: sorted(_fine(counts, language)) for intent, counts in sorted(words[language].items())},
            "cues": _cues(words[language], intents[language]),
            "triples": {
                "": sorted(key for key, spread in triples[language].items() if _even(spread, intents[language]))
            },
        }
        for language in LANGUAGES
    }


def _cues(words: Mapping[str, Counter[str]], intents: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Log odds of a word for each intent against all others, where they are far from even; add-half smoothed."""
    total = {intent: count for intent, count in intents.items() if intent != SEVERAL}
    everywhere: Counter[str] = Counter()
    for counts in words.values():
        everywhere.update(counts)
    cues: dict[str, dict[str, float]] = {}
    for word, letters in everywhere.items():
        if letters < 6:
            continue
        for intent, inside in total.items():
            here, outside = words[intent][word], sum(total.values()) - inside
            weight = math.log((here + 0.5) / (inside + 1)) - math.log((letters - here + 0.5) / (outside + 1))
            if abs(weight) >= 0.7:
                cues.setdefault(word, {})[intent] = round(weight, 1)
    return dict(sorted(cues.items()))


def sharp_words(language: str) -> frozenset[str]:
    """The single words of warning of a language."""
    return frozenset(
        phrase[0]
        for phrases in lexicon(language).phrases.values()
        for phrase, kind, _ in phrases
        if kind in _SHARP and len(phrase) == 1
    )


def sharp_triples(words: Sequence[Word], sharp: Collection[str]) -> Iterator[tuple[int, str]]:
    """(index, "before word after") of every word of warning; marks end a triple."""
    for at, word in enumerate(words):
        if word.text in sharp:
            before = words[at - 1].text if at and not words[at - 1].is_mark else "^"
            after = words[at + 1].text if at + 1 < len(words) and not words[at + 1].is_mark else "$"
            yield at, f"{before} {word.text} {after}"


def _fine(counts: Counter[str], language: str) -> Iterator[str]:
    sharp, known = sharp_words(language), lexicon(language)
    for word, letters in counts.items():
        if letters >= MIN_LETTERS and word not in sharp and word not in known.acts:
            yield word


def _even(spread: Counter[str], intents: Counter[str]) -> bool:
    letters = sum(spread.values())
    if letters < MIN_TRIPLES or len(spread) < MIN_INTENTS:
        return False
    total = sum(intents.values())
    return all(
        count < 3 or math.log2((count / letters) / (intents[intent] / total)) <= MAX_LEAN
        for intent, count in spread.items()
    )


@cache
def everyday(language: str) -> Everyday:
    """What was learned of a language; nothing where the file is absent."""
    if not FILE.exists():
        return Everyday()
    held = json.loads(FILE.read_text(encoding="utf-8")).get(language, {})
    return Everyday(
        words={intent: frozenset(words) for intent, words in held.get("words", {}).items()},
        cues=held.get("cues", {}),
        triples=frozenset(held.get("triples", {}).get("", ())),
    )
