"""How people write: phrases in three languages. Nothing here knows how letters are read."""

from __future__ import annotations

from ._voice import Voice, keep, plain
from .english import ENGLISH
from .german import GERMAN
from .spanish import SPANISH

VOICES: dict[str, Voice] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}

__all__ = ["VOICES", "Voice", "keep", "plain"]
