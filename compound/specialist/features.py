"""Text to features: word 1-2 grams and character 3-5 grams inside words; the same in training and at run time."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

WORD: Final = re.compile(r"\w\w+", re.UNICODE)
DIGITS: Final = re.compile(r"\d+")
MAX_CHARS: Final = 8_000


def features(text: str) -> Counter[str]:
    """Count the features of a text; numbers become one feature per length, so that ids are not memorised."""
    clean = unicodedata.normalize("NFKC", text[:MAX_CHARS]).lower()
    clean = DIGITS.sub(lambda found: "0" * min(len(found.group()), 6), clean)
    words = WORD.findall(clean)
    counts: Counter[str] = Counter(f"w {word}" for word in words)
    counts.update(f"w {one} {two}" for one, two in pairwise(words))
    for word, times in Counter(words).items():
        padded = f" {word} "
        for size in (3, 4, 5):
            for start in range(len(padded) - size + 1):
                counts[f"c {padded[start : start + size]}"] += times
    return counts


def vocabulary(counted: Iterable[Mapping[str, int]], *, least: int, most: int) -> list[str]:
    """The `most` most frequent features that occur in at least `least` texts, sorted."""
    seen: Counter[str] = Counter()
    for counts in counted:
        seen.update(counts.keys())
    kept = sorted(((-number, name) for name, number in seen.items() if number >= least))[:most]
    return sorted(name for _, name in kept)
