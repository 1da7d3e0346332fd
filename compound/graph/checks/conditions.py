"""Family 2, conditions: comparisons that are never equal, operations that fail, conditions with a constant result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.errors import choices
from compound.graph.inspection.levels import Facts, Level
from compound.graph.inspection.satisfiable import Trial, conjuncts, related
from compound.language.conditions import parse_condition
from compound.language.findings import Finding
from compound.language.references import (
    Calc,
    Coalesce,
    Compare,
    Comparison,
    Constant,
    Expr,
    Length,
    ListOf,
    Ref,
    children,
    parts,
    refs_of,
)
from compound.language.types import ANY, Enum, Many, Record, Scalar, Type, bare, is_optional, show_type
from compound.spec.nodes import RepeatBlock, ReviewNode

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.language.findings import Severity
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath

_ORDERS: Final = frozenset({"<", "<=", ">", ">="})
_NUMBERS: Final = frozenset({Scalar("int"), Scalar("float")})
_TEXTS: Final = frozenset({Scalar("str"), Scalar("date"), Scalar("datetime")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A condition with its place.

    Attributes:
        level: The level of its references.
        known: Facts that certainly hold with it.
    """

    path: DataPath
    text: str
    level: Level
    known: Facts

    @property
    def expr(self) -> Expr:
        """The condition as a tree."""
        return parse_condition(self.text)


def asked(level: Level, name: str, node: AnyNode) -> Iterator[Asked]:
    """Every condition of a node."""
    path = level.place(name)
    if node.when is not None:
        yield Asked(path=(*path, "when"), text=node.when, level=level, known=level.around)
    if isinstance(node, RepeatBlock) and node.repeat.until is not None:
        inner = level.below(name, node)
        yield Asked(path=(*path, "repeat", "until"), text=node.repeat.until, level=inner, known=inner.around)
    if isinstance(node, ReviewNode) and node.auto is not None:
        yield Asked(path=(*path, "auto", "when"), text=node.auto.when, level=level, known=level.facts[name])


def condition_findings(inspection: Inspection) -> Iterator[Finding]:
    """All findings in conditions."""
    for level in inspection.levels:
        for name, node in level.nodes.items():
            for one in asked(level, name, node):
                findings = list(_Typed(inspection, one).findings(one.expr))
                yield from findings
                if not findings and one.path[-1] == "when" and one.path[-2] == name:
                    yield from _is_no_question(inspection, one, name)


def _is_no_question(inspection: Inspection, one: Asked, name: str) -> Iterator[Finding]:
    """Conditions that always or never hold, alone or with the facts that the node requires."""
    if any(one.level.types.root(ref.root) is None for ref in refs_of(one.expr)):
        return
    text = one.text
    found = Trial([one.expr], one.level.kind_of, one.level.types.names).verdict()
    if found == "always":
        fix = "drop it, or correct the comparison"
        what = f"the condition of {name} always holds: {text}"
        yield inspection.finding("graph.always-true", what, one.path, fix, severity="warning")
    elif found == "never":
        fix = "drop the node or its `when`"
        yield inspection.finding("graph.unreachable", f"{name} never runs: {text}", one.path, fix)
    else:
        facts = one.level.facts[name].conditions
        own = list(conjuncts(one.expr))
        near = [part for part in related(facts, one.expr) if part not in own]
        if near and not Trial([*near, one.expr], one.level.kind_of, one.level.types.names).can_hold():
            what = f"{name} never runs: {text} does not hold if the nodes that it needs have run"
            fix = "drop the node, or correct its `when`, or the `when` of a node that it needs"
            yield inspection.finding("graph.unreachable", what, one.path, fix)


class _Typed:
    """One condition, walked with types."""

    def __init__(self, inspection: Inspection, one: Asked) -> None:
        self._inspection = inspection
        self._one = one
        self._level = one.level
        self._names = one.level.types.names

    def findings(self, expr: Expr) -> Iterator[Finding]:
        """All findings in a tree."""
        if isinstance(expr, Compare):
            yield from self.findings(expr.first)
            left = expr.first
            for op, right in expr.rest:
                found = [*self.findings(right), *self._comparison(left, op, right)]
                yield from found
                if found:
                    return  # `0 <= a < 1` is one mistake.
                left = right
            return
        for item in children(expr):
            yield from self.findings(item)
        if isinstance(expr, Length):
            yield from self._length(expr.item)
        elif isinstance(expr, Calc):
            yield from self._calc(expr.op, expr.left, expr.right)

    def _say(self, code: str, what: str, fix: str, severity: Severity = "error") -> Finding:
        return self._inspection.finding(code, what, self._one.path, fix, severity=severity)

    def _kind(self, expr: Expr) -> Type:
        return self._level.kind_of(expr) if isinstance(expr, Ref) else self._level.types.of_expr(expr)

    def _comparison(self, left: Expr, op: Comparison, right: Expr) -> Iterator[Finding]:
        if op in {"==", "!="}:
            yield from self._equality(left, right)
        elif op in _ORDERS:
            yield from self._order(left, op, right)
        else:
            yield from self._membership(left, op, right)

    def _equality(self, left: Expr, right: Expr) -> Iterator[Finding]:
        if isinstance(left, Constant):
            left, right = right, left
        one, other = self._kind(left), self._kind(right)
        if isinstance(right, Constant) and right.value is None:
            if not is_optional(one, self._names) and bare(one, self._names) != ANY:
                what = f"{_shown(left)} is never null: it is {show_type(one)}"
                yield self._say("graph.impossible-comparison", what, "drop the comparison", "warning")
            return
        if self._can_equal(one, other):
            return
        if isinstance(right, Constant):
            kind = bare(one, self._names)
            what = f"{_shown(left)} is never {right.value!r}: it is {show_type(one)}"
            fix = choices(kind.values, str(right.value)) if isinstance(kind, Enum) else "compare values of one type"
        else:
            what = f"{_shown(left)} ({show_type(one)}) is never {_shown(right)} ({show_type(other)})"
            fix = "compare values of one type"
        yield self._say("graph.impossible-comparison", what, fix)

    def _can_equal(self, one: Type, other: Type) -> bool:  # noqa: PLR0911 - one branch per pair of types
        if is_optional(one, self._names) and is_optional(other, self._names):
            return True
        one, other = bare(one, self._names), bare(other, self._names)
        match one, other:
            case (Scalar("any"), _) | (_, Scalar("any")):
                return True
            case Enum(values), Enum(others):
                return bool(set(values) & set(others))
            case (Enum() | Scalar("str" | "date" | "datetime"), Enum() | Scalar("str" | "date" | "datetime")):
                return True
            case Scalar("int" | "float"), Scalar("int" | "float"):
                return True
            case Many(item), Many(other_item):
                return ANY in (item, other_item) or self._can_equal(item, other_item)
            case Record(), Record():
                return True
            case _:
                return one == other

    def _order(self, left: Expr, op: Comparison, right: Expr) -> Iterator[Finding]:
        kinds = [bare(self._kind(side), self._names) for side in (left, right)]
        words = [isinstance(side, Constant) and isinstance(side.value, str) for side in (left, right)]
        for side, kind in zip((left, right), kinds, strict=True):
            if isinstance(side, Constant) and side.value is None:
                yield self._say("graph.bad-operation", f"{_shown(left)} {op} null never holds", "compare with a value")
                return
            if isinstance(kind, Enum) and not isinstance(side, Constant):
                what = f"{_shown(side)} {op}: the values of {show_type(kind)} have no order"
                yield self._say("graph.bad-operation", what, "compare with ==, != or in [...]")
                return
        ordered = [Scalar("str") if is_word else kind for kind, is_word in zip(kinds, words, strict=True)]
        if ANY in ordered and all(kind in {ANY, *_NUMBERS, *_TEXTS} for kind in ordered):
            return
        if not (set(ordered) <= _NUMBERS or set(ordered) <= _TEXTS):
            what = f"{_shown(left)} ({show_type(kinds[0])}) {op} {_shown(right)} ({show_type(kinds[1])}) has no answer"
            yield self._say("graph.bad-operation", what, "compare two numbers, or two texts")

    def _membership(self, left: Expr, op: Comparison, right: Expr) -> Iterator[Finding]:
        if isinstance(right, ListOf):
            for item in right.items:
                yield from self._equality(left, item)
            return
        inside, kind = bare(self._kind(right), self._names), self._kind(left)
        match inside:
            case Many(item):
                if not self._can_equal(kind, item):
                    what = f"{_shown(left)} ({show_type(kind)}) is never in {_shown(right)} ({show_type(inside)})"
                    known = bare(item, self._names)
                    fix = choices(known.values, _word(left)) if isinstance(known, Enum) else "use one of its values"
                    yield self._say("graph.impossible-comparison", what, fix)
            case Scalar("str") | Enum():
                if not self._can_equal(kind, Scalar("str")):
                    what = f"{_shown(left)} ({show_type(kind)}) is never in a text"
                    yield self._say("graph.impossible-comparison", what, "use a text on the left")
            case Record(fields, is_open=False) if isinstance(left, Constant) and left.value not in fields:
                what = f"{_shown(left)} is never a field of {_shown(right)}"
                yield self._say("graph.impossible-comparison", what, choices(list(fields), _word(left)))
            case Record() | Scalar("any"):
                return
            case _:
                what = f"{op} {_shown(right)}: {show_type(inside)} has no elements"
                yield self._say("graph.bad-operation", what, "use a list, a record or a text on the right")

    def _length(self, item: Expr) -> Iterator[Finding]:
        kind = bare(self._kind(item), self._names)
        if isinstance(kind, Scalar) and kind.name not in {"any", "str"}:
            what = f"len({_shown(item)}): {show_type(kind)} has no length"
            yield self._say("graph.bad-operation", what, "take the length of a list, a text or a record")

    def _calc(self, op: str, left: Expr, right: Expr) -> Iterator[Finding]:
        kinds = [bare(self._kind(side), self._names) for side in (left, right)]
        is_text = [kind in _TEXTS or isinstance(kind, Enum) for kind in kinds]
        if not all(kind == ANY or kind in _NUMBERS for kind in kinds) and not (op == "+" and all(is_text)):
            what = (
                f"{_shown(left)} ({show_type(kinds[0])}) {op} {_shown(right)} ({show_type(kinds[1])}) is not arithmetic"
            )
            yield self._say("graph.bad-operation", what, "calculate with numbers; + also joins two texts")
            return
        for side in (left, right):
            is_null = isinstance(side, Constant) and side.value is None
            if is_null or (isinstance(side, Ref) and self._may_be_null(side)):
                what = f"{_shown(left)} {op} {_shown(right)}: {_shown(side)} may be null, and then it fails"
                yield self._say("graph.bad-operation", what, f"write ({_shown(side).lstrip('$')} ?? 0)")
                return
        if op in {"/", "//", "%"} and isinstance(right, Constant) and right.value == 0:
            yield self._say("graph.bad-operation", "it divides by zero", "divide by another value")

    def _may_be_null(self, ref: Ref) -> bool:
        if bare(self._kind(ref), self._names) == ANY:
            return False
        beside = tuple(part for part in conjuncts(self._one.expr) if not any(isinstance(x, Calc) for x in parts(part)))
        known = self._one.known.also(Facts(conditions=beside))
        return is_optional(self._kind(ref), self._names) and self._level.is_null(ref, known)


def _shown(expr: Expr) -> str:  # noqa: PLR0911 - one branch per kind of tree
    match expr:
        case Ref():
            return f"${expr}"
        case Constant(value):
            words = {None: "null", True: "true", False: "false"}
            return words[value] if value is None or isinstance(value, bool) else repr(value)
        case Length(item):
            return f"len({_shown(item)})"
        case Calc(op, left, right):
            return f"{_shown(left)} {op} {_shown(right)}"
        case Coalesce(items):
            return " ?? ".join(_shown(item) for item in items)
        case ListOf(items):
            return f"[{', '.join(_shown(item) for item in items)}]"
        case _:
            return "the comparison"


def _word(expr: Expr) -> str:
    return str(expr.value) if isinstance(expr, Constant) else ""
