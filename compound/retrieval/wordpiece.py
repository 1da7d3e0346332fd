"""BERT's tokenizer for lower-case English: fold, split, longest known pieces."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_CLS: Final = "[CLS]"
_SEP: Final = "[SEP]"
_UNK: Final = "[UNK]"
_LONGEST_WORD: Final = 100
_WORDS_KEPT: Final = 50_000


class WordPiece:
    """Converts text to ids.

    Source: Devlin et al., BERT, 2019; its `BasicTokenizer` and `WordpieceTokenizer`.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._ids = vocabulary
        self._cls, self._sep, self._unknown = vocabulary[_CLS], vocabulary[_SEP], vocabulary[_UNK]
        self._known: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    @classmethod
    def read(cls, path: Path) -> WordPiece:
        """Read a `vocab.txt`: one piece per line; its id is the line number."""
        lines = path.read_text("utf-8").split("\n")
        return cls({line: index for index, line in enumerate(lines) if line})

    def encode(self, text: str, limit: int) -> list[int]:
        """Ids between `[CLS]` and `[SEP]`, at most `limit` including both.

        Args:
            text: Any text; only the needed beginning is read.
            limit: Ids, at least 2.
        """
        ids = [self._cls]
        # A piece covers at least one character; white space is collapsed.
        for word in _words(text):
            ids.extend(self._pieces(word))
            if len(ids) >= limit:
                break
        return [*ids[: limit - 1], self._sep]

    def _pieces(self, word: str) -> tuple[int, ...]:
        found = self._known.get(word)
        if found is None:
            found = tuple(self._split(word))
            if len(self._known) < _WORDS_KEPT:
                self._known[word] = found
        return found

    def _split(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        ids: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    ids.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return ids


def _words(text: str) -> Iterator[str]:
    """Folded words and single punctuation marks, in order."""
    for chunk in text.split():
        yield from _marks(_fold(chunk))


def _fold(word: str) -> str:
    if word.isascii() and word.isprintable():
        return word.lower()
    kept = "".join(c for c in word if c not in "\x00�" and (c in "\t\n\r" or unicodedata.category(c)[0] != "C"))
    parts = unicodedata.normalize("NFD", kept.lower())
    return "".join(c for c in parts if unicodedata.category(c) != "Mn")


def _marks(word: str) -> Iterator[str]:
    if word.isalnum() and word.isascii():
        yield word
        return
    start = 0
    for index, char in enumerate(word):
        if _stands_alone(char):
            if start < index:
                yield word[start:index]
            if not char.isspace():
                yield char
            start = index + 1
    if start < len(word):
        yield word[start:]


def _stands_alone(char: str) -> bool:
    code = ord(char)
    if code < 128:
        return not char.isalnum() and code > 32 and code != 127
    return (
        unicodedata.category(char)[0] == "P"
        or char.isspace()
        or 0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x2CEAF
    )
