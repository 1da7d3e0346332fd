"""Two runs side by side: which nodes differ, and how their outputs do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from compound.web.runs.figures import time_of

if TYPE_CHECKING:
    from compound.web.runs.story import NodeStory, RunStory

K = TypeVar("K")
Piece = tuple[Literal["same", "gone", "new"], str]
"""A part of a text that both have, only the first, or only the second."""
_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS: Final = 4_000
_MOST_CHANGES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place in an output that differs.

    Attributes:
        place: `draft.text`, `rows[2]`; empty for the whole value.
        pieces: What is gone and what is new.
    """

    place: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePair:
    """A node in both runs.

    Attributes:
        states: State in each run; `-` where the run did not reach it.
        times: Working time in each run.
        costs: Cost in each run.
        is_known: Whether both outputs are stored, so that `changes` is complete.
        more: Number of further changes.
    """

    path: str
    kind: str
    states: tuple[str, str]
    times: tuple[str, str]
    costs: tuple[str, str]
    differs: bool
    is_known: bool
    changes: Sequence[Change] = ()
    more: int = 0


def pairs(one: RunStory, other: RunStory) -> list[NodePair]:
    """Every node of two runs, in the order in which the second reached it; those that differ first."""
    paths = [*other.nodes, *(path for path in one.nodes if path not in other.nodes)]
    return sorted((_pair(path, one, other) for path in paths), key=lambda pair: not pair.differs)


def _pair(path: str, one: RunStory, other: RunStory) -> NodePair:
    left, right = one.nodes.get(path), other.nodes.get(path)
    is_known = _is_kept(one, left) and _is_kept(other, right)
    hashes = [None if node is None else node.last["output_sha256"] for node in (left, right)]
    states = ("-" if left is None else left.state, "-" if right is None else right.state)
    changes = list(_changes(one.value(path, "output"), other.value(path, "output"), "")) if is_known else []
    kind = next(node.kind for node in (right, left) if node is not None)
    return NodePair(
        path=path,
        kind=kind,
        states=states,
        times=("" if left is None else time_of(left.ms), "" if right is None else time_of(right.ms)),
        costs=("" if left is None else left.cost, "" if right is None else right.cost),
        differs=hashes[0] != hashes[1] or states[0] != states[1],
        is_known=is_known,
        changes=changes[:_MOST_CHANGES],
        more=max(0, len(changes) - _MOST_CHANGES),
    )


def _is_kept(story: RunStory, node: NodeStory | None) -> bool:
    return node is not None and str(node.last["output_sha256"]) in story.values


def _changes(left: object, right: object, place: str) -> Iterator[Change]:
    if left == right and type(left) is type(right):
        return
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        known = cast("Mapping[str, object]", left), cast("Mapping[str, object]", right)
        for name in [*known[0], *(name for name in known[1] if name not in known[0])]:
            where = f"{place}.{name}" if place else name
            yield from _either(known[0], known[1], name, where)
    elif isinstance(left, list) and isinstance(right, list):
        items = dict(enumerate(cast("list[object]", left))), dict(enumerate(cast("list[object]", right)))
        for number in range(max(len(items[0]), len(items[1]))):
            yield from _either(items[0], items[1], number, f"{place}[{number}]")
    elif isinstance(left, str) and isinstance(right, str):
        yield Change(place=place, pieces=word_diff(left, right))
    else:
        yield Change(place=place, pieces=[("gone", _text(left)), ("new", _text(right))])


def _either(left: Mapping[K, object], right: Mapping[K, object], key: K, place: str) -> Iterator[Change]:
    if key not in right:
        yield Change(place=place, pieces=[("gone", _text(left[key]))])
    elif key not in left:
        yield Change(place=place, pieces=[("new", _text(right[key]))])
    else:
        yield from _changes(left[key], right[key], place)


def word_diff(left: str, right: str) -> list[Piece]:
    """Two texts word by word; very long ones as a whole."""
    words = _WORDS.findall(left), _WORDS.findall(right)
    if max(map(len, words)) > _MOST_WORDS:
        return [("gone", left), ("new", right)]
    found: list[Piece] = []
    for tag, begin, end, at, to in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(words[0][begin:end])))
            continue
        if end > begin:
            found.append(("gone", "".join(words[0][begin:end])))
        if to > at:
            found.append(("new", "".join(words[1][at:to])))
    return found


def _text(value: object) -> str:
    import orjson

    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
