"""The words of one language, compiled: phrases to their meanings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

from . import common as lexicon_common
from . import english as lexicon_en
from . import german as lexicon_de
from . import spanish as lexicon_es
from . import talk as lexicon_talk
from .grammar import joining_words
from .names_page import product_groups, translations
from .products import GROUPS
from .words import Word, fold, split_words, stem, within_edits

_APOSTROPHES = frozenset("'’´`")

LANGUAGES = ("en", "de", "es")
GAP_WORDS = 12
_MODULES: dict[str, ModuleType] = {"en": lexicon_en, "de": lexicon_de, "es": lexicon_es}
_ENDINGS = ("en", "er", "es", "em", "e", "n", "s")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found: `kind` and `value` are its meaning; words `start` to `end` (exclusive) contain it.

    `parts` are the words of the phrase itself if it has a gap ("send ... back").
    """

    kind: str
    value: str
    start: int
    end: int
    parts: tuple[int, ...]


@dataclass(slots=True)
class Lexicon:
    """All phrases of one language, by their first word."""

    language: str
    phrases: dict[str, list[tuple[tuple[str, ...], str, str]]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=set)
    wishes: set[str] = field(default_factory=set)
    negations: set[str] = field(default_factory=set)
    _mends: dict[str, str] = field(default_factory=dict)
    _traps: set[str] = field(default_factory=set)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    long_values: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    sizes: dict[tuple[str, ...], str] = field(default_factory=dict)

    def add(self, text: str, kind: str, value: str) -> None:
        """Add phrases separated by `|`."""
        for phrase in text.split("|"):
            for spelled in _spellings(phrase.strip()):
                words = tuple(word.text for word in split_words(spelled) if not word.is_mark or word.text == "*")
                if words:
                    self.phrases.setdefault(words[0], []).append((words, kind, value))
                    self.words.update(words)
                    if kind == "act":
                        self.acts.update(words)
                    elif kind == "wish":
                        self.wishes.update(words)
                    elif kind == "neg":
                        self.negations.update(words)

    def translate(self, word: str) -> tuple[str, ...]:
        """The English words of a value, for German also without its ending: `schwarze` -> `black`."""
        if word in self.values:
            return self.values[word]
        if self.language != "en" and len(word) > 4:
            for ending in _ENDINGS:
                if word.endswith(ending) and word[: -len(ending)] in self.values:
                    return self.values[word[: -len(ending)]]
        return (word,)

    def correct(self, words: Sequence[Word], others: Collection[str]) -> list[Word]:
        """The words with typos corrected, if one word of the language is near and the word is in no vocabulary."""
        return [self._corrected(word, others) for word in words]

    def _corrected(self, word: Word, others: Collection[str]) -> Word:
        text = word.text
        if len(text) < 5 or not text.isalpha() or text in self.words or text in self.values:
            return word
        if text in joining_words(self.language):
            return word
        if stem(text) in others or self.translate(text) != (text,):
            return word
        near = self._near(text)
        if (
            near in self.negations
            and near.endswith("nt")
            and not (_APOSTROPHES & set(word.raw) or _is_slip(text, near))
        ):
            return word  # an "agent" is not "aren't"
        return Word(near, word.start, word.end, word.raw) if near else word

    def _near(self, text: str) -> str:
        """The intended word; never a word of action, and a word of a wish only if letters are transposed.

        "Cancer" is not "cancel", and "quiere" is not "quiero".
        """
        if text not in self._mends:
            if len(self._mends) > 20_000:
                self._mends.clear()
                self._traps.clear()
            limit = 2 if len(text) >= 9 else 1
            near = [w for w in self.words if len(w) > 4 and w[0] == text[0] and within_edits(text, w, limit)]
            best = [w for w in near if within_edits(text, w, 1)] or near
            one = best[0] if len(best) == 1 or len({stem(w)[:5] for w in best}) == 1 else ""
            is_trap = any(w in self.acts for w in best)
            if is_trap:
                self._traps.add(text)
            self._mends[text] = "" if is_trap or (one in self.wishes and not _is_slip(text, one)) else one
        return self._mends[text]

    def is_trap(self, text: str) -> bool:
        """Whether a word that would be corrected looks like a word of action."""
        return text in self._traps

    def find(self, words: Sequence[Word]) -> list[Hit]:
        """Every phrase in a text; of two with the same kind and meaning, the one inside the other is dropped."""
        hits: list[Hit] = []
        for at, word in enumerate(words):
            for phrase, kind, value in self.phrases.get(word.text, ()):
                parts = _follow(words, at, phrase)
                if parts:
                    hits.append(Hit(kind, value, at, parts[-1] + 1, parts))
        return list(_without_inner(hits))


def _is_slip(text: str, meant: str) -> bool:
    """Whether letters are transposed, missing or doubled, and none is replaced."""
    return sorted(meant) == sorted(text) or len(meant) != len(text)


@cache
def lexicon(language: str) -> Lexicon:
    """The compiled words of a language; English for an unsupported one."""
    module = _MODULES.get(language, lexicon_en)
    result = Lexicon(language=language if language in _MODULES else "en")
    for kind, table in (("act", module.ACTIONS), ("noun", module.NOUNS), ("status", module.STATUS)):
        for value, text in table.items():
            result.add(text, kind, value)
    for value, text in module.PAYMENTS.items():
        result.add(text, "pay", value)
    for value, text in module.REASONS.items():
        result.add(text, "reason", value)
    lists = {
        "hazard": module.HAZARDS,
        "neg": module.NEGATIONS,
        "ask": module.ASKS,
        "wish": module.WISHES,
        "target": module.TARGET,
        "filler": module.FILLERS,
        "phrase": module.FILLER_PHRASES,
        "function": module.FUNCTION,
        "stays": module.STAYS,
    }
    for kind, phrases in lists.items():
        result.add("|".join(phrases), kind, "")
    talk = {
        "opener": lexicon_talk.OPENERS,
        "demand": lexicon_talk.DEMANDS,
        "soft": lexicon_talk.SOFT,
        "hard": lexicon_talk.SHARP,
        "spare": lexicon_talk.SPARE,
        "you": lexicon_talk.YOU,
        "price": lexicon_talk.PRICE,
        "unavailable": lexicon_talk.UNAVAILABLE,
        "common": lexicon_common.COMMON,
    }
    for kind, table in talk.items():
        result.add(table[result.language], kind, "")
    for word, english in {**module.VALUES, **translations(language)}.items():
        for spelled in _spellings(word):
            folded = tuple(w.text for w in split_words(spelled) if not w.is_mark)
            meaning = tuple(w.text for w in split_words(english) if not w.is_mark)
            if len(folded) == 1:
                result.values[folded[0]] = meaning
            elif folded:
                result.long_values[folded] = meaning
    for size, letter in {**lexicon_en.SIZES, **module.SIZES}.items():
        for spelled in _spellings(size):
            result.sizes[tuple(word.text for word in split_words(spelled))] = letter
    return result


@cache
def _single_words(*kinds: str) -> frozenset[str]:
    return frozenset(
        phrase[0]
        for language in LANGUAGES
        for phrases in lexicon(language).phrases.values()
        for phrase, kind, _ in phrases
        if len(phrase) == 1 and (not kinds or kind in kinds)
    )


def is_everyday(word: str) -> bool:
    """Whether a word, in any spelling, belongs to the desk's vocabulary: not part of a name."""
    return fold(word.strip(".,;:!?()-")) in _single_words()


def is_grammar(word: str) -> bool:
    """Whether a folded word only joins others ("can", "set to"): alone it is not the name of a thing."""
    return word in _single_words("function", "wish")


@cache
def things() -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Every English or foreign name of a thing to all names on its lines, stemmed."""
    table: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for group in (*GROUPS, *product_groups()):
        names = [
            tuple(stem(word.text) for word in split_words(spelled) if not word.is_mark)
            for name in group
            for spelled in _spellings(name)
        ]
        for name in names:
            table.setdefault(name, []).extend(names)
    return {name: tuple(dict.fromkeys(others)) for name, others in table.items()}


@cache
def product_words() -> frozenset[str]:
    """Every word of a name of a thing, stemmed: not a typo of another word."""
    return frozenset(word for name in things() for word in name)


def _spellings(phrase: str) -> Iterator[str]:
    yield phrase
    spread = phrase.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    if spread != phrase:
        yield spread
    narrow = phrase.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    if narrow != phrase:
        yield narrow


def _follow(words: Sequence[Word], at: int, phrase: tuple[str, ...]) -> tuple[int, ...]:
    parts, here, gap = [at], at + 1, False
    for wanted in phrase[1:]:
        if wanted == "*":
            gap = True
            continue
        limit = min(len(words), here + (GAP_WORDS if gap else 1))
        found = next((i for i in range(here, limit) if words[i].text == wanted), -1)
        if found < 0 or any(words[i].text in ".!?;" for i in range(here, found)):
            return ()
        parts.append(found)
        here, gap = found + 1, False
    return tuple(parts)


def _without_inner(hits: list[Hit]) -> Iterator[Hit]:
    best: dict[tuple[str, int], Hit] = {}
    for hit in sorted(hits, key=lambda hit: -len(hit.parts)):
        if all((hit.kind, part) not in best for part in hit.parts):
            for part in hit.parts:
                best[hit.kind, part] = hit
            yield hit
