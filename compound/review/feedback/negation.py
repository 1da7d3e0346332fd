"""Sentences turned into their contrary, in English, German and Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language says no.

    Attributes:
        common: Words by which a text of the language is known.
        verbs: Verbs that can be negated.
        no: The word.
        is_before: Whether it stands before the verb.
        more: Other negated forms, with their contrary.
    """

    common: str
    verbs: str
    no: str
    is_before: bool
    more: tuple[tuple[str, str], ...] = ()


_LANGUAGES: Final = (
    _Language(
        "the you your and for with have this will please our we",
        "is are was were can could may must will would should has have had does do did",
        "not",
        is_before=False,
        more=((r"\bcannot\b", "can"), (r"\bcan't\b", "can"), (r"\bwon't\b", "will"), (r"(?<=\w)n't\b", "")),
    ),
    _Language(
        "der die das und ihre ihr sie wir mit für bitte ist nicht ein eine",
        "ist sind war wird werden wurde wurden kann können darf dürfen muss müssen hat haben",
        "nicht",
        is_before=False,
    ),
    _Language(
        "el la los las y su usted con para por favor es no un una que de",
        "es está están son puede pueden debe deben ha han hemos fue será serán tiene tienen",
        "no",
        is_before=True,
    ),
)
_WORD: Final = re.compile(r"[\w'\u2019]+")


def negations(text: str) -> Iterator[tuple[str, str, str]]:
    """Contraries of a text: the words around a change before and after it, and the whole text; never of a question."""
    language = _language_of(text)
    if language is None:
        return
    verbs = "|".join(language.verbs.split())
    no = rf"\b{language.no}\s+(?=(?:{verbs})\b)" if language.is_before else rf"(?<=\w)\s+{language.no}\b"
    changes = [(no, ""), *language.more]
    for pattern, contrary in changes:
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield from _changed(text, found.start(), found.end(), contrary)
    for found in re.finditer(rf"\b(?:{verbs})\b", text):
        start, end = found.span()
        if _denies(text, start, [language.no, *(pattern for pattern, _ in language.more)]):
            continue
        at = start if language.is_before else end
        yield from _changed(text, at, at, f"{language.no} " if language.is_before else f" {language.no}")


def _denies(text: str, at: int, patterns: Sequence[str]) -> bool:
    """Whether the sentence at a place says no already."""
    begins = max((found.end() for found in re.finditer(r"[.!?\n]", text[:at])), default=0)
    stop = re.search(r"[.!?\n]", text[at:])
    sentence = text[begins : len(text) if stop is None else at + stop.start()]
    return any(re.search(rf"\b{one}\b" if one.isalpha() else one, sentence, re.IGNORECASE) for one in patterns)


def _language_of(text: str) -> _Language | None:
    words = [one.lower() for one in _WORD.findall(text)]
    counts = [sum(word in one.common.split() for word in words) for one in _LANGUAGES]
    best = max(range(len(counts)), key=counts.__getitem__)
    return _LANGUAGES[best] if counts[best] else None


def _changed(text: str, start: int, end: int, put: str) -> Iterator[tuple[str, str, str]]:
    stop = re.search(r"[.!?\n]", text[end:])
    if stop is not None and stop.group() == "?":
        return
    changed = f"{text[:start]}{put}{text[end:]}"
    # two words on each side, so that the place is known again in an edited text
    low = _back(text, start)
    right = len(text) - _ahead(text, end)
    before, after = text[low : len(text) - right], changed[low : len(changed) - right]
    if before.strip() and len(_WORD.findall(after)) > 1:
        yield before.strip(), after.strip(), changed


def _back(text: str, at: int) -> int:
    """Where the two words before a place begin, in the same sentence."""
    begins = max((found.end() for found in re.finditer(r"[.!?\n]", text[:at])), default=0)
    words = list(_WORD.finditer(text, begins, at))
    return words[-2:][0].start() if words else at


def _ahead(text: str, at: int) -> int:
    """Where the two words behind a place end, in the same sentence."""
    stop = re.search(r"[.!?\n]", text[at:])
    words = list(_WORD.finditer(text, at, len(text) if stop is None else at + stop.start()))
    return words[:2][-1].end() if words else at
