"""Typing errors: neighbouring keys, dropped and doubled letters, missing punctuation, lower case."""

from __future__ import annotations

import random
import re

from ..wording import plain

_KEYS = (
    "a=sq b=vn c=xv d=sf e=wr f=dg g=fh h=gj i=uo j=hk k=jl l=k m=n n=bm o=ip p=o q=w r=et s=ad t=ry "
    "u=yi v=cb w=qe x=zc y=tu z=x"
)
_NEIGHBOURS = {pair[0]: pair[2:] for pair in _KEYS.split()}
_SPLIT = re.compile("(\ue000.*?\ue001)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{5,}")


def add_noise(rng: random.Random, text: str) -> str:
    """The text with this writer's typing errors, without marks; marked parts are unchanged."""
    style = rng.choices(("careful", "hasty", "sloppy", "lower"), weights=(46, 30, 14, 10))[0]
    if style == "careful":
        return plain(text)
    rate = {"hasty": 0.018, "sloppy": 0.055, "lower": 0.02}[style]
    parts = _SPLIT.split(text)
    for number in range(0, len(parts), 2):
        part = _WORD.sub(lambda match: _mistype(rng, match.group(), rate), parts[number])
        if style in {"sloppy", "lower"}:
            part = re.sub(r"(?<=\w)[,.;](?=\s)", lambda m: "" if rng.random() < 0.3 else m.group(), part)
        parts[number] = part.lower() if style == "lower" else part
    return plain("".join(parts))


def _mistype(rng: random.Random, word: str, rate: float) -> str:
    if rng.random() > rate * len(word) / 2:
        return word
    # Keep the first letter: people notice an error there, and a word without it is hard to read for a person as well.
    place = rng.randrange(1, len(word) - 1)
    letter = word[place]
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1] + letter + word[place + 2 :]
    if kind == 2:
        return word[:place] + letter + word[place:]
    near = _NEIGHBOURS.get(letter.lower(), letter)
    return word[:place] + rng.choice(near) + word[place + 1 :]
