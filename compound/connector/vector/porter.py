"""The Porter stemmer (M. F. Porter, An algorithm for suffix stripping, Program 14(3), 1980)."""

from __future__ import annotations

import re
from typing import Final

_CONSONANT = "[^aeiou]"
_VOWEL = "[aeiouy]"
_C: Final = f"{_CONSONANT}[^aeiouy]*"
_V: Final = f"{_VOWEL}[aeiou]*"
_M_GT_0: Final = re.compile(f"^({_C})?{_V}{_C}")
_M_EQ_1: Final = re.compile(f"^({_C})?{_V}{_C}({_V})?$")
_M_GT_1: Final = re.compile(f"^({_C})?{_V}{_C}{_V}{_C}")
_HAS_VOWEL: Final = re.compile(f"^({_C})?{_VOWEL}")
_CVC: Final = re.compile(f"^{_C}{_VOWEL}[^aeiouwxy]$")

_STEP_2: Final = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble",
    "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate",
    "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al",
    "iviti": "ive", "biliti": "ble", "logi": "log",
}  # fmt: skip
_STEP_3: Final = {
    "icate": "ic",
    "ative": "",
    "alize": "al",
    "iciti": "ic",
    "ical": "ic",
    "ful": "",
    "ness": "",
}
_STEP_4: Final = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate",
    "iti", "ous", "ive", "ize",
)  # fmt: skip
_RE_2: Final = re.compile(f"({'|'.join(sorted(_STEP_2, key=len, reverse=True))})$")
_RE_3: Final = re.compile(f"({'|'.join(sorted(_STEP_3, key=len, reverse=True))})$")
_RE_4: Final = re.compile(f"({'|'.join(sorted(_STEP_4, key=len, reverse=True))})$")


def stem(word: str) -> str:
    """Strip the suffixes of an English word in lower case; words under three letters stay.

    Example:
        >>> stem("relational"), stem("hopping"), stem("cancellations")
        ('relat', 'hop', 'cancel')
    """
    if len(word) < 3:
        return word
    if word[0] == "y":
        return _lower_y(_strip("Y" + word[1:]))
    return _strip(word)


def _lower_y(word: str) -> str:
    return "y" + word[1:]


def _strip(word: str) -> str:
    word = _participle(_plural(word))
    if word.endswith("y") and _HAS_VOWEL.search(word[:-1]):
        word = word[:-1] + "i"
    for pattern, table in ((_RE_2, _STEP_2), (_RE_3, _STEP_3)):
        found = pattern.search(word)
        if found and _M_GT_0.search(word[: found.start()]):
            word = word[: found.start()] + table[found.group()]
    return _last_e(_derived(word))


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _participle(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _M_GT_0.search(word[:-3]) else word
    cut = word[:-2] if word.endswith("ed") else word[:-3] if word.endswith("ing") else ""
    if not cut or not _HAS_VOWEL.search(cut):
        return word
    if cut.endswith(("at", "bl", "iz")):
        return cut + "e"
    if cut[-1] == cut[-2:-1] and cut[-1] not in "aeiouylsz":
        return cut[:-1]
    return cut + "e" if _CVC.search(cut) else cut


def _derived(word: str) -> str:
    found = _RE_4.search(word)
    if found:
        kept = word[: found.start()]
        return kept if _M_GT_1.search(kept) else word
    if word.endswith(("sion", "tion")) and _M_GT_1.search(word[:-3]):
        return word[:-3]
    return word


def _last_e(word: str) -> str:
    if word.endswith("e"):
        kept = word[:-1]
        if _M_GT_1.search(kept) or (_M_EQ_1.search(kept) and not _CVC.search(kept)):
            word = kept
    return word[:-1] if word.endswith("ll") and _M_GT_1.search(word) else word
