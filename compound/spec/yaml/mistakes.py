"""Mistakes of meaning that a model's validator finds: each at its key or value, with its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

TYPE: Final = "compound.mistake"
"""pydantic's type of such an error."""
_WHOLE: Final = frozenset(
    {"bool_parsing", "bool_type", "dict_type", "float_parsing", "float_type", "int_parsing", "int_type", "list_type"}
    | {"literal_error", "model_type", "string_type", "tuple_type"}
)
"""Errors of a value as a whole: it has another type."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of meaning.

    Attributes:
        path: Keys from the model that finds it to the wrong part.
        what: What was found.
        fix: The correction, with the choices.
        at_key: Whether the key is wrong, not its value.
        code: Code of the finding; default the file's own.
    """

    path: tuple[str | int, ...]
    what: str
    fix: str
    at_key: bool = False
    code: str = ""


def refuse(mistakes: Sequence[Mistake], title: str) -> None:
    """Raise all mistakes as one pydantic error; does nothing without mistakes.

    Raises:
        ValidationError: pydantic's own; the paths of the models around this one are put before each path.
    """
    from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

    if not mistakes:
        return
    lines = [
        InitErrorDetails(
            type=PydanticCustomError(
                TYPE, "{what}", {"what": one.what, "fix": one.fix, "at_key": one.at_key, "code": one.code}
            ),
            loc=one.path,
            input=None,
        )
        for one in mistakes
    ]
    raise ValidationError.from_exception_data(title, lines)


def folded(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Merge equal mistakes of several places into the first: an unknown name is one mistake."""
    found: dict[str, list[Mistake]] = {}
    for one in mistakes:
        found.setdefault(one.what, []).append(one)
    return [replace(first, what=f"{what}{_more(len(others))}") for what, (first, *others) in found.items()]


def _more(others: int) -> str:
    return f", here and in {others} more place{'s' * (others > 1)}" if others else ""


def mistake_of(detail: ErrorDetails, path: tuple[str | int, ...]) -> Mistake | None:
    """The mistake in a line of a pydantic error, at its path in the file; None for pydantic's own errors."""
    if detail["type"] != TYPE:
        return None
    said: dict[str, Any] = detail.get("ctx") or {}
    return Mistake(path, str(said["what"]), str(said["fix"]), bool(said["at_key"]), str(said["code"]))


def path_in(data: object, steps: Sequence[str | int]) -> tuple[str | int, ...]:
    """The path in the file of pydantic's steps, without those that are not keys: the tag of a union."""
    if not steps:
        return ()
    inside = _into(data, steps[0])
    taken = () if inside is None else (steps[0], *path_in(inside[0], steps[1:]))
    if len(taken) == len(steps):
        return taken
    skipped = path_in(data, steps[1:])
    return taken if len(taken) > len(skipped) else skipped


def _into(data: object, step: str | int) -> tuple[object] | None:
    try:
        return (cast("Any", data)[step],)
    except (KeyError, IndexError, TypeError):
        return None


def without_branches(
    details: Sequence[ErrorDetails], path: Callable[[ErrorDetails], tuple[str | int, ...]]
) -> list[ErrorDetails]:
    """The lines without those of union branches that were not meant.

    pydantic reports for each branch why the value does not fit; the deepest error in the value is the mistake.

    Args:
        details: Lines of one error.
        path: Path in the file of a line.
    """
    kept: list[tuple[tuple[str | int, ...], ErrorDetails]] = []
    for detail in sorted(details, key=lambda one: -len(path(one))):
        here = path(detail)
        is_branch = detail["type"] in _WHOLE and any(one[: len(here)] == here for one, _ in kept)
        if not is_branch:
            kept.append((here, detail))
    chosen = [id(detail) for _, detail in kept]
    return [detail for detail in details if id(detail) in chosen]


def without_misspelt(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The lines without missing keys whose misspelt form is present: that is one mistake."""
    from difflib import get_close_matches

    missing = {detail["loc"] for detail in details if detail["type"] == "missing"}
    meant: set[tuple[str | int, ...]] = set()
    for detail in details:
        *parent, key = detail["loc"] or ("",)
        if detail["type"] == "extra_forbidden":
            here = [str(loc[-1]) for loc in missing - meant if list(loc[:-1]) == parent]
            meant |= {(*parent, near) for near in get_close_matches(str(key), here, n=1, cutoff=0.6)}
    return [detail for detail in details if detail["type"] != "missing" or detail["loc"] not in meant]
