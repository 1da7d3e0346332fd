"""One sentence of a letter: its words, the things they name, and its words of action."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ..lexicon.compiled import Hit
from .letter import Letter


class Sentence:
    """One sentence of a letter.

    Args:
        letter: Properties of all words.
        number: The number of the sentence.
        words: Its words, by their indexes.
        acts: Its words of action.
    """

    def __init__(self, letter: Letter, number: int, words: Sequence[int], acts: Sequence[Hit]) -> None:
        self.letter, self.script, self.number, self.words, self.acts = letter, letter.script, number, words, acts
        self.text = letter.script.words

    @cached_property
    def mentions(self) -> list[int]:
        """Orders, items and things named."""
        entities = self.script.entities
        return [
            at for at in self.words
            if at in self.letter.things or (at in entities and entities[at].kind in {"order", "item"})
        ]  # fmt: skip
