"""References as Python values: `g.input.letter.body`, `intent.label != "other"`."""

# A reference has no public names: every name may be a field of its value; so its parts are private to this room.
# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from compound.errors import ProjectError, choices
from compound.language.references import Both, Calc, Coalesce, Compare, Constant, Expr, Length, ListOf, Not, Ref
from compound.language.show import show_expr
from compound.language.types import ANY, Names, Record, Type, bare, field_type
from compound.spec.python.places import place

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.references import Arithmetic, Comparison

_NO_TYPES: Final[Names] = {}


class UnknownField(ProjectError, AttributeError):
    """The type of a reference does not have this field."""


class Expression:
    """An expression over references: compare it, combine it with `&` and `|`, negate it with `~`."""

    __slots__ = ("_expr",)

    def __init__(self, expr: Expr) -> None:
        """Internal: created by the builder."""
        self._expr = expr

    def __bool__(self) -> bool:
        what = f"{self} has no boolean value while the graph is built; it has one when the graph runs"
        raise ProjectError(
            "graph.no-truth", what, fix="combine conditions with & and |, negate one with ~", where=place()
        )

    def __hash__(self) -> int:
        return hash(self._expr)

    def __repr__(self) -> str:
        return show_expr(self._expr)

    def __eq__(self, other: object) -> Condition:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _compare(self, "==", other)

    def __ne__(self, other: object) -> Condition:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _compare(self, "!=", other)

    def __lt__(self, other: object) -> Condition:
        return _compare(self, "<", other)

    def __le__(self, other: object) -> Condition:
        return _compare(self, "<=", other)

    def __gt__(self, other: object) -> Condition:
        return _compare(self, ">", other)

    def __ge__(self, other: object) -> Condition:
        return _compare(self, ">=", other)

    def __and__(self, other: object) -> Condition:
        return Condition(Both(True, (self._expr, expr_of(other))))

    def __or__(self, other: object) -> Condition:
        return Condition(Both(False, (self._expr, expr_of(other))))

    def __invert__(self) -> Condition:
        return Condition(Not(self._expr))

    def __add__(self, other: object) -> Condition:
        return _calc(self, "+", other)

    def __sub__(self, other: object) -> Condition:
        return _calc(self, "-", other)

    def __mul__(self, other: object) -> Condition:
        return _calc(self, "*", other)

    def __truediv__(self, other: object) -> Condition:
        return _calc(self, "/", other)


class Condition(Expression):
    """A condition for `when` or `until`; it is computed, so it cannot be the value of an `in`."""

    __slots__ = ()


class Reference(Expression):
    """A value of the graph at run time. `ref.field` and `ref[0]` refer to its parts; a wrong field fails here.

    Args:
        expr: The reference.
        kind: Its type; `json` if unknown.
        names: Declared types.
    """

    __slots__ = ("_kind", "_names")

    def __init__(self, expr: Expr, kind: Type = ANY, names: Names | None = None) -> None:
        """Internal: created by the builder."""
        super().__init__(expr)
        self._kind = kind
        self._names = _NO_TYPES if names is None else names

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, step: str | int) -> Reference:
        ref = self._expr
        if not isinstance(ref, Ref):
            what = f"{self} is the first of several values; you cannot take a field of it"
            raise ProjectError("graph.bad-reference", what, fix="take the field of each one", where=place())
        kind = field_type(self._kind, step, self._names)
        if kind is None:
            record = bare(self._kind, self._names)
            fix = choices(list(record.fields), str(step)) if isinstance(record, Record) else "it has no fields"
            raise UnknownField("graph.unknown-field", f"${ref}: no field {step!r}", fix=fix, where=place())
        return Reference(Ref(ref.root, (*ref.steps, step), ref.is_optional), kind, self._names)


Value: TypeAlias = "Reference | JsonValue | Sequence[Value] | Mapping[str, Value]"
"""A value of an `in`: a reference, a literal, or lists and records of them."""


def maybe(ref: Reference) -> Reference:
    """`$ref?`: null if the node was skipped."""
    expr = ref._expr
    if not isinstance(expr, Ref):
        return ref
    return Reference(Ref(expr.root, expr.steps, is_optional=True), ref._kind, ref._names)


def first(*values: Value) -> Reference:
    """`a ?? b ?? c`: the first value that is neither absent nor null."""
    items: list[Expr] = []
    for value in values:
        expr = expr_of(value)
        items += expr.items if isinstance(expr, Coalesce) else (expr,)
    return Reference(Coalesce(tuple(items)))


def is_in(value: object, among: object) -> Condition:
    """`value in among`: a list of literals, a list, a record or a text."""
    return Condition(Compare(expr_of(value), (("in", expr_of(among)),)))


def length(value: object) -> Condition:
    """`len(value)` of a text, a list or a record."""
    return Condition(Length(expr_of(value)))


def expr_of(value: object) -> Expr:
    """The tree of a value in a condition.

    Raises:
        ProjectError: ``graph.bad-condition``: it is not a reference, condition or plain literal.
    """
    if isinstance(value, Expression):
        return value._expr
    if value is None or isinstance(value, str | int | float | bool):
        return Constant(value)
    if isinstance(value, list | tuple):
        return ListOf(tuple(expr_of(item) for item in cast("Sequence[object]", value)))
    what = f"{value!r} is not allowed in a condition"
    raise ProjectError(
        "graph.bad-condition", what, fix="use references, text, numbers, true, false, null", where=place()
    )


def to_binding(value: object) -> JsonValue:
    """A value of an `in` as the graph file writes it.

    Raises:
        ProjectError: ``graph.bad-reference``: it computes something; ``graph.bad-value``: it is not JSON.
    """
    if isinstance(value, Condition):
        what = f"{value} computes something; only references are allowed here"
        raise ProjectError("graph.bad-reference", what, fix="compute in a condition or in a tool", where=place())
    if isinstance(value, Reference):
        return _reference_text(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): to_binding(item) for name, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [to_binding(item) for item in cast("Sequence[object]", value)]
    handle = getattr(value, "value", None)
    if isinstance(handle, Reference):
        return _reference_text(handle)
    what = f"{type(value).__name__} is not a value of an `in`"
    raise ProjectError("graph.bad-value", what, fix="pass a reference, or JSON", where=place())


def _reference_text(ref: Reference) -> str:
    text = show_expr(ref._expr, dollar=True)
    if not text.startswith("$"):
        fix = "start with a reference; a literal always has a value, so the rest is never used"
        raise ProjectError("graph.bad-reference", f"{text} starts with a literal", fix=fix, where=place())
    return text


def to_condition(value: object) -> str:
    """A condition as the graph file writes it: an expression, or its text."""
    return value if isinstance(value, str) else show_expr(expr_of(value))


def _compare(left: Expression, op: Comparison, right: object) -> Condition:
    return Condition(Compare(left._expr, ((op, expr_of(right)),)))


def _calc(left: Expression, op: Arithmetic, right: object) -> Condition:
    return Condition(Calc(op, left._expr, expr_of(right)))
