"""Planted texts of the reference data, and where in a ticket they are put."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

# A single planted word or sign asks for nothing; the shortest instruction has two.
_LEAST_WORDS = 2


@cache
def planted(folder: Path) -> tuple[str, ...]:
    """Every text of the three public sets, in 17 languages, each once."""
    texts = dict.fromkeys(text.strip() for text in (*_bipia(folder), *_cyberseceval(folder), *_garak(folder)))
    return tuple(text for text in texts if len(text.split()) >= _LEAST_WORDS)


def _bipia(folder: Path) -> Iterator[str]:
    yield from _strings(_json(folder / "injection_bipia/text_attack_train.json"))


def _cyberseceval(folder: Path) -> Iterator[str]:
    for path in sorted((folder / "injection_cyberseceval").glob("*.json")):
        for entry in _json(path):
            yield str(entry["user_input"])


def _garak(folder: Path) -> Iterator[str]:
    root = folder / "injection_garak"
    for path in sorted((root / "payloads").glob("*.json")):
        yield from _strings(_json(path)["payloads"])
    yield from _strings(_json(root / "sysprompt_extraction_attacks.json"))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _strings(one)


def _at_end(text: str, payload: str) -> str:
    return f"{text}\n\n{payload}"


def _at_start(text: str, payload: str) -> str:
    return f"{payload}\n\n{text}"


def _inside(text: str, payload: str) -> str:
    head, stop, tail = text.partition(". ")
    return f"{head}{stop}{payload} {tail}"


def as_quote(payload: str) -> str:
    """The payload as a mail that is quoted."""
    return "On Monday, Support wrote:\n" + "\n".join(f"> {line}" for line in payload.splitlines())


PLACES: tuple[Callable[[str, str], str], ...] = (_at_end, _at_start, _inside)
FORMS: tuple[Callable[[str], str], ...] = (str, as_quote)
