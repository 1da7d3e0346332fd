"""Converts trees of references and conditions to the text of a graph file."""

from __future__ import annotations

import keyword
from typing import Final, assert_never

from compound.language.references import Both, Calc, Coalesce, Compare, Constant, Expr, Length, ListOf, Not, Ref

_TAKEN: Final = frozenset({"and", "or", "not", "in", "true", "false", "null", "none", "len", "True", "False", "None"})
_WORDS: Final = {True: "true", False: "false", None: "null"}


def show_expr(expr: Expr, *, dollar: bool = False) -> str:  # noqa: PLR0911 - one branch per kind of tree
    """The text that parses to this tree; every part that is not a single word is in parentheses.

    Args:
        expr: The tree.
        dollar: Whether to write `$name`, as in the value of an `in`; else bare names, as in conditions.
    """
    match expr:
        case Ref():
            return _ref(expr, dollar=dollar)
        case Constant(value):
            return _constant(value)
        case ListOf(items):
            return "[" + ", ".join(show_expr(item, dollar=dollar) for item in items) + "]"
        case Coalesce(items):
            return " ?? ".join(_part(item, dollar=dollar) for item in items)
        case Compare(first, rest):
            tail = "".join(f" {op} {_part(item, dollar=dollar)}" for op, item in rest)
            return _part(first, dollar=dollar) + tail
        case Both(is_all, items):
            return (" and " if is_all else " or ").join(_part(item, dollar=dollar) for item in items)
        case Not(item):
            return f"not {_part(item, dollar=dollar)}"
        case Calc(op, left, right):
            return f"{_part(left, dollar=dollar)} {op} {_part(right, dollar=dollar)}"
        case Length(item):
            return f"len({show_expr(item, dollar=dollar)})"
        case _:
            assert_never(expr)


def _part(expr: Expr, *, dollar: bool) -> str:
    text = show_expr(expr, dollar=dollar)
    return text if isinstance(expr, Ref | Constant | ListOf | Length) else f"({text})"


def _ref(ref: Ref, *, dollar: bool) -> str:
    lead = "$" if dollar or ref.root in _TAKEN or keyword.iskeyword(ref.root) else ""
    steps = [f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]" for step in ref.steps]
    return lead + ref.root + "".join(steps) + ("?" if ref.is_optional else "")


def _constant(value: str | float | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return repr(value)
