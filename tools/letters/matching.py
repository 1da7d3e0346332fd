"""Finds the customer's own things in a text: product names, option names and option values, with typos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ..lexicon.compiled import Lexicon, is_grammar, lexicon, things
from ..lexicon.words import Word, split_words, stem, within_edits
from ..shop.documents import Product
from ..shop.facts import Facts

YES_NO = {"yes", "no"}
NEGATORS = {"no", "not", "non", "without", "kein", "keine", "keinen", "nicht", "ohne", "sin", "un"}
_ENGLISH = lexicon("en")
_EDITS_FROM = ((9, 2), (5, 1))


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """An option value a product really has."""

    product_id: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """A mention of something of the customer, in words `start` to `end` (exclusive).

    Attributes:
        kind: `thing`, `value` or `key`.
        products: Product ids that a thing may be; several if the name is ambiguous.
        values: The values the words may stand for, of all products.
        keys: (product id, option name) pairs.
        parts: The words of the mention itself.
        fuzzy: Whether a typo was corrected.
        text: As written.
    """

    kind: str
    start: int
    end: int
    parts: tuple[int, ...]
    products: frozenset[str] = frozenset()
    values: frozenset[Value] = frozenset()
    keys: frozenset[tuple[str, str]] = frozenset()
    fuzzy: bool = False
    text: str = ""


@dataclass(slots=True)
class Glossary:
    """The vocabulary of one customer's products: phrases of stemmed English words to their meanings."""

    things: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    values: dict[tuple[str, ...], set[Value]] = field(default_factory=dict)
    keys: dict[tuple[str, ...], set[tuple[str, str]]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    longest: int = 1

    def find(self, words: Sequence[Word], language: Lexicon) -> list[Found]:
        """Everything of the glossary in a text, longest first, without overlaps."""
        expanded = self._expand(words, language)
        hits: list[Found] = []
        for kind in ("thing", "value", "key"):
            table = self.things if kind == "thing" else self.values if kind == "value" else self.keys
            hits.extend(_scan(expanded, table, kind, self.longest))
        hits.extend(self._sizes(words, language))
        hits.extend(self._numbers(words, hits))
        settled = [replace(hit, text=" ".join(words[part].raw for part in hit.parts)) for hit in _settle(hits)]
        return sorted(settled, key=lambda found: (found.start, found.end))

    def _expand(self, words: Sequence[Word], language: Lexicon) -> list[tuple[str, int, bool]]:
        expanded: list[tuple[str, int, bool]] = []
        skip = 0
        for at, word in enumerate(words):
            if skip:
                skip -= 1
                continue
            if word.is_mark:
                if word.text != "-":
                    expanded.append((word.text, at, False))
                continue
            long = _long_value(words, at, language)
            if long:
                size, english = long
                expanded.extend((stem(piece), at + min(i, size - 1), False) for i, piece in enumerate(english))
                expanded.extend(("", at + i, False) for i in range(len(english), size))
                skip = size - 1
                continue
            fixed, fuzzy = self._mend(word.text, language)
            for part in language.translate(fixed):
                english = _ENGLISH.translate(part)
                expanded.extend((stem(piece), at, fuzzy) for piece in english)
        return expanded

    def _mend(self, word: str, language: Lexicon) -> tuple[str, bool]:
        known = word in language.words or word in language.values or stem(word) in self.words
        if known or len(word) < 5 or not word.isalpha() or language.translate(word) != (word,):
            return word, False
        limit = next(edits for size, edits in _EDITS_FROM if len(word) >= size)
        near = [known for known in self.words if len(known) > 3 and within_edits(stem(word), known, limit)]
        return (near[0], True) if len(near) == 1 else (word, False)

    def _sizes(self, words: Sequence[Word], language: Lexicon) -> list[Found]:
        lettered = {value for values in self.values.values() for value in values if value.value.lower() in _LETTERS}
        hits: list[Found] = []
        for at, word in enumerate(words):
            for phrase, letter in language.sizes.items():
                texts = tuple(w.text for w in words[at : at + len(phrase)])
                if texts == phrase:
                    hits.append(_sized(lettered, letter, at, at + len(phrase)))
            if word.raw.lower() in _LETTERS and word.raw.isupper():
                hits.append(_sized(lettered, word.raw.lower(), at, at + 1))
        return [hit for hit in hits if hit.values]

    def _numbers(self, words: Sequence[Word], hits: Sequence[Found]) -> list[Found]:
        """Bare numbers ("size 9", "9 compartments") are a value only next to the name of their option."""
        named = [hit for hit in hits if hit.kind == "key"]
        numbers: list[Found] = []
        for at, word in enumerate(words):
            if not word.text.replace(".", "").isdigit():
                continue
            near = {key for hit in named if -3 <= at - hit.end <= 2 or hit.start - at in (1, 2) for key in hit.keys}
            values = {
                Value(product, key, value)
                for (product, key), plain in self._plain().items()
                for value in plain
                if value == word.text and (product, key) in near
            }
            if values:
                numbers.append(Found("value", at, at + 1, (at,), values=frozenset(values)))
        return numbers

    def _plain(self) -> dict[tuple[str, str], set[str]]:
        table: dict[tuple[str, str], set[str]] = {}
        for phrase, values in self.values.items():
            if phrase[0] == "#":
                for value in values:
                    table.setdefault((value.product_id, value.key), set()).add(value.value)
        return table


def _long_value(words: Sequence[Word], at: int, language: Lexicon) -> tuple[int, tuple[str, ...]] | None:
    for size in (4, 3, 2):
        english = language.long_values.get(tuple(word.text for word in words[at : at + size]))
        if english:
            return size, english
    return None


_LETTERS = {"xs", "s", "m", "l", "xl", "xxl", "xxxl"}
_LETTER_WORDS = {"s": "small", "m": "medium", "l": "large"}


def _sized(lettered: set[Value], letter: str, start: int, end: int) -> Found:
    values = frozenset(value for value in lettered if value.value.lower() == letter)
    return Found("value", start, end, tuple(range(start, end)), values=values)


def build_glossary(facts: Facts) -> Glossary:
    """Collect the names that the customer may use for their products, the options and the values of these."""
    glossary = Glossary()
    for product in facts.products.values():
        _add_names(glossary, product)
        _add_options(glossary, product)
    phrases = [*glossary.things, *glossary.values, *glossary.keys]
    glossary.longest = max((len(phrase) for phrase in phrases), default=1)
    glossary.words = {word for phrase in phrases for word in phrase}
    return glossary


@lru_cache(maxsize=4096)
def canonical(text: str) -> tuple[str, ...]:
    """The stemmed words of a name or value as the glossary stores it."""
    found: list[str] = []
    for word in split_words(text):
        if not word.is_mark:
            found.extend(stem(part) for part in _ENGLISH.translate(word.text))
    return tuple(found)


def _add_names(glossary: Glossary, product: Product) -> None:
    name = canonical(product["name"])
    endings = [name[at:] for at in range(len(name))]
    phrases = {name, *(ending for ending in endings if len(ending[-1]) > 2 and not is_grammar(" ".join(ending)))}
    phrases.update(other for ending in endings for other in things().get(ending, ()))
    # "luggage" of Luggage Set, "makeup" of Makeup Kit: the last word only means that it is many things.
    if len(name) > 1 and name[-1] in {"set", "kit", "light"}:
        phrases.update({name[:-1], *things().get(name[:-1], ())})
        phrases.discard(name[-1:])
    for phrase in phrases:
        for form in {phrase, ("".join(phrase),)}:
            glossary.things.setdefault(form, set()).add(product["product_id"])


def _add_options(glossary: Glossary, product: Product) -> None:
    options: dict[str, set[str]] = {}
    for variant in product["variants"].values():
        for key, value in variant["options"].items():
            options.setdefault(key, set()).add(value)
    for key, values in options.items():
        words = canonical(key.replace("/", " "))
        for phrase in {words, *((word,) for word in words if _only_in(word, key, options))}:
            glossary.keys.setdefault(phrase, set()).add((product["product_id"], key))
        for value in values:
            said = Value(product["product_id"], key, value)
            for phrase in _value_phrases(key, value, values):
                glossary.values.setdefault(phrase, set()).add(said)


def _only_in(word: str, key: str, options: dict[str, set[str]]) -> bool:
    return all(word not in canonical(other) for other in options if other != key)


def _value_phrases(key: str, value: str, siblings: set[str]) -> set[tuple[str, ...]]:
    words, name = canonical(value), canonical(key.replace("/", " "))
    if value.lower() in YES_NO:
        return _yes_no(name, yes=value.lower() == "yes", lonely={v.lower() for v in siblings} >= YES_NO)
    if value.lower() == "none":
        return {(no, *name) for no in NEGATORS} | {("none", *name), (*name, "none")}
    if value.replace(".", "").isdigit():
        return {("#", value), (value + name[-1],), *_counted(value, name)}
    if value.lower() in _LETTERS:
        return {(*name, value.lower()), (value.lower(), *name)} if len(value) < 2 else {words}
    phrases = {words, ("".join(words),), (*words, *name), (*name, *words)}
    others = {word for other in siblings if other != value for word in canonical(other)}
    if len(words) > 1:
        phrases.update((word,) for word in words if word not in others and word not in name and len(word) > 1)
    return phrases


def _counted(value: str, name: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {(value, *name), (*name, value)} | ({(value + "piece",)} if name[-1] in {"piece", "set"} else set())


def _yes_no(name: tuple[str, ...], *, yes: bool, lonely: bool) -> set[tuple[str, ...]]:
    forms = {name}
    if name[-1] == "resistance":
        forms |= {(*name[:-1], "resistant"), ("waterproof",), (*name[:-1], "proof")}
    if name == ("waterproof",):
        forms |= {("water", "resistant"), ("water", "proof"), ("water", "resistance")}
    if yes:
        return (forms if lonely else set()) | {(*form, "yes") for form in forms}
    return {(no, *form) for form in forms for no in NEGATORS} | {(*form, "no") for form in forms}


def _scan(
    expanded: Sequence[tuple[str, int, bool]],
    table: dict[tuple[str, ...], set[str]]
    | dict[tuple[str, ...], set[Value]]
    | dict[tuple[str, ...], set[tuple[str, str]]],
    kind: str,
    longest: int,
) -> list[Found]:
    hits: list[Found] = []
    firsts = {words[0] for words in table if words}
    for at in range(len(expanded)):
        if expanded[at][0] not in firsts:
            continue
        for size in range(min(longest, len(expanded) - at), 0, -1):
            window = expanded[at : at + size]
            meant = table.get(tuple(word for word, _, _ in window))
            if meant is None:
                continue
            parts = tuple(dict.fromkeys(place for _, place, _ in window))
            fuzzy = any(corrected for _, _, corrected in window)
            found = frozenset(meant)
            span = (kind, parts[0], parts[-1] + 1, parts)
            if kind == "thing":
                hits.append(Found(*span, products=found, fuzzy=fuzzy))  # pyright: ignore[reportArgumentType]
            elif kind == "value":
                hits.append(Found(*span, values=found, fuzzy=fuzzy))  # pyright: ignore[reportArgumentType]
            else:
                hits.append(Found(*span, keys=found, fuzzy=fuzzy))  # pyright: ignore[reportArgumentType]
            break
    return hits


def _settle(hits: list[Found]) -> list[Found]:
    """Longest wins inside a kind; a value inside the name of a thing ("water bottle") is part of the name."""
    taken: dict[tuple[str, int], Found] = {}
    kept: list[Found] = []
    for hit in sorted(hits, key=lambda hit: (-len(hit.parts), _ORDER[hit.kind])):
        rivals = {taken[kind, part] for part in hit.parts for kind in _ORDER if (kind, part) in taken}
        if any(rival.kind == hit.kind or len(rival.parts) > len(hit.parts) for rival in rivals):
            continue
        kept.append(hit)
        for part in hit.parts:
            taken[hit.kind, part] = hit
    return kept


_ORDER = {"thing": 0, "value": 1, "key": 2}
