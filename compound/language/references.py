"""References and conditions as trees, and the closures that evaluate them.

A tree is compiled once, at plan time, to a closure over a *scope* (name -> value). Absence is a value of its
own (`ABSENT`): a skipped node and a field of null have it, and it propagates until something optional (`?`,
`??`) handles it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, assert_never, cast

if TYPE_CHECKING:
    from pydantic import JsonValue


class Absent:
    """The type of `ABSENT`: no value, because a node was skipped or a field's parent is null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()

Maybe: TypeAlias = "JsonValue | Absent"
Scope: TypeAlias = "Mapping[str, Maybe]"
Evaluate: TypeAlias = "Callable[[Scope], Maybe]"

Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Arithmetic = Literal["+", "-", "*", "/", "//", "%"]


@dataclass(frozen=True, slots=True)
class Ref:
    """`$root.step[0]`; `is_optional` if it has a `?` anywhere: absent then means null."""

    root: str
    steps: tuple[str | int, ...] = ()
    is_optional: bool = False

    def __str__(self) -> str:
        parts = [self.root]
        for step in self.steps:
            parts.append(f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]")
        return "".join(parts) + ("?" if self.is_optional else "")


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: null, bool, number or text."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Coalesce:
    """`a ?? b`: the first value that is neither absent nor null."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`a == b`, also chained: `0 <= a < 1`."""

    first: Expr
    rest: tuple[tuple[Comparison, Expr], ...]


@dataclass(frozen=True, slots=True)
class Both:
    """`a and b` (`is_all`) or `a or b`; booleans, evaluated left to right with short-circuiting."""

    is_all: bool
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not a`."""

    item: Expr


@dataclass(frozen=True, slots=True)
class Calc:
    """`a + b` and so on, on numbers (and `+` on two texts)."""

    op: Arithmetic
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Length:
    """`len(a)` of a text, list or record."""

    item: Expr


Expr: TypeAlias = "Ref | Constant | ListOf | Coalesce | Compare | Both | Not | Calc | Length"


_WORDS: Final = {"int": "number", "float": "number", "str": "text", "dict": "record"}


class EvaluationError(Exception):
    """A reference or a condition cannot be evaluated on these values; `str()` is the reason."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The trees directly below a tree, from left to right."""
    match expr:
        case Ref() | Constant():
            return ()
        case Coalesce(items) | ListOf(items) | Both(_, items):
            return items
        case Compare(first, rest):
            return (first, *(item for _, item in rest))
        case Not(item) | Length(item):
            return (item,)
        case Calc(_, left, right):
            return (left, right)
        case _:
            assert_never(expr)


def references(expr: Expr, *, is_shielded: bool = False) -> Iterator[tuple[Ref, bool]]:
    """Every reference, and whether its absence is handled by `?` or by a later side of `??`."""
    if isinstance(expr, Ref):
        yield expr, is_shielded or expr.is_optional
    items = children(expr)
    shielded = len(items) - 1 if isinstance(expr, Coalesce) else 0
    for index, item in enumerate(items):
        yield from references(item, is_shielded=is_shielded or index < shielded)


def parts(expr: Expr) -> Iterator[Expr]:
    """A tree and every tree in it."""
    yield expr
    for item in children(expr):
        yield from parts(item)


def refs_of(expr: Expr) -> Iterator[Ref]:
    """Every reference in a tree."""
    return (one for one in parts(expr) if isinstance(one, Ref))


def compile_expr(expr: Expr) -> Evaluate:  # noqa: PLR0911 - one branch per kind of tree
    """A closure that evaluates the tree on a scope.

    The closure returns `ABSENT` if a required reference has no value, and raises `EvaluationError` if a record lacks
    a field or an operator does not fit its operands.
    """
    match expr:
        case Ref():
            return _compile_ref(expr)
        case Constant(value):
            return lambda _scope: value
        case ListOf(items):
            return _compile_list([compile_expr(item) for item in items])
        case Coalesce(items):
            return _compile_coalesce([compile_expr(item) for item in items])
        case Compare(first, rest):
            return _compile_compare(compile_expr(first), [(_COMPARE[op], compile_expr(e)) for op, e in rest])
        case Both(is_all, items):
            return _compile_both(is_all, [compile_expr(item) for item in items])
        case Not(item):
            return _compile_not(compile_expr(item))
        case Calc(op, left, right):
            return _compile_calc(op, compile_expr(left), compile_expr(right))
        case Length(item):
            return _compile_length(compile_expr(item))
        case _:
            assert_never(expr)


def _compile_ref(ref: Ref) -> Evaluate:
    root, steps = ref.root, ref.steps
    absent: Maybe = None if ref.is_optional else ABSENT
    if not steps:

        def whole(scope: Scope) -> Maybe:
            value = scope.get(root, ABSENT)
            return absent if value is ABSENT else value

        return whole

    def walk(scope: Scope) -> Maybe:
        value: Maybe = scope.get(root, ABSENT)
        for step in steps:
            if value is None or value is ABSENT:
                return absent
            if isinstance(value, dict) and step in value:
                value = cast("dict[str | int, JsonValue]", value)[step]
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step] if -len(value) <= step < len(value) else None
            elif ref.is_optional and isinstance(value, dict):
                return None
            else:
                raise EvaluationError(_no_field(ref, step, value))
        return absent if value is ABSENT else value

    return walk


def _no_field(ref: Ref, step: str | int, value: Maybe) -> str:
    if isinstance(value, dict):
        return f"${ref}: no field {step!r}; the record has {', '.join(sorted(value)[:12]) or 'none'}"
    return f"${ref}: {step!r} cannot be read from a {kind_of(value)}"


def kind_of(value: object) -> str:
    """The JSON word for a value's type."""
    if value is None:
        return "null"
    return _WORDS.get(type(value).__name__, type(value).__name__)


def _compile_list(items: list[Evaluate]) -> Evaluate:
    def build(scope: Scope) -> Maybe:
        values = [item(scope) for item in items]
        return ABSENT if ABSENT in values else cast("list[JsonValue]", values)

    return build


def _compile_coalesce(items: list[Evaluate]) -> Evaluate:
    def first_present(scope: Scope) -> Maybe:
        value: Maybe = ABSENT
        for item in items:
            value = item(scope)
            if value is not None and value is not ABSENT:
                return value
        return value

    return first_present


def _ordered(compare: Callable[[object, object], bool]) -> Callable[[object, object], bool]:
    def ordered(left: object, right: object) -> bool:
        if left is None or right is None:
            return False
        try:
            return compare(left, right)
        except TypeError:
            message = f"a {kind_of(left)} cannot be compared with a {kind_of(right)}"
            raise EvaluationError(message) from None

    return ordered


def _contains(left: object, right: object) -> bool:
    if right is None:
        return False
    if isinstance(right, str | dict) and not isinstance(left, str):
        return False
    if not isinstance(right, str | list | dict):
        raise EvaluationError(f"`in` needs a list, a record or a text, not a {kind_of(right)}")
    return left in cast("list[object]", right)


_COMPARE: Final[dict[str, Callable[[object, object], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _ordered(cast("Callable[[object, object], bool]", operator.lt)),
    "<=": _ordered(cast("Callable[[object, object], bool]", operator.le)),
    ">": _ordered(cast("Callable[[object, object], bool]", operator.gt)),
    ">=": _ordered(cast("Callable[[object, object], bool]", operator.ge)),
    "in": _contains,
    "not in": lambda left, right: not _contains(left, right),
}


def _compile_compare(first: Evaluate, rest: list[tuple[Callable[[object, object], bool], Evaluate]]) -> Evaluate:
    def compare(scope: Scope) -> Maybe:
        left = first(scope)
        for test, evaluate in rest:
            right = evaluate(scope)
            if left is ABSENT or right is ABSENT:
                return ABSENT
            if not test(left, right):
                return False
            left = right
        return True

    return compare


def _compile_both(is_all: bool, items: list[Evaluate]) -> Evaluate:
    def both(scope: Scope) -> Maybe:
        for item in items:
            value = item(scope)
            if value is ABSENT:
                return ABSENT
            if bool(value) is not is_all:
                return not is_all
        return is_all

    return both


def _compile_not(item: Evaluate) -> Evaluate:
    def negate(scope: Scope) -> Maybe:
        value = item(scope)
        return ABSENT if value is ABSENT else not value

    return negate


_CALC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compile_calc(op: Arithmetic, left: Evaluate, right: Evaluate) -> Evaluate:
    apply = _CALC[op]

    def calc(scope: Scope) -> Maybe:
        a, b = left(scope), right(scope)
        if a is ABSENT or b is ABSENT:
            return ABSENT
        if op == "+" and isinstance(a, str) and isinstance(b, str):
            return a + b
        if not (_is_number(a) and _is_number(b)):
            raise EvaluationError(f"{kind_of(a)} {op} {kind_of(b)} is not arithmetic")
        try:
            return apply(cast("float", a), cast("float", b))
        except (ZeroDivisionError, OverflowError) as error:
            raise EvaluationError(str(error)) from None

    return calc


def _compile_length(item: Evaluate) -> Evaluate:
    def length(scope: Scope) -> Maybe:
        value = item(scope)
        if value is ABSENT:
            return ABSENT
        if value is None:
            return 0
        if not isinstance(value, str | list | dict):
            raise EvaluationError(f"len() needs a text, a list or a record, not a {kind_of(value)}")
        return len(value)

    return length
