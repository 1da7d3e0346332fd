"""Whether a condition can hold or fail, decided by trying every value that could make a difference.

A condition compares references with constants. Each reference gets the values at which one of its comparisons can
change (the values of its enum, true and false, the constants and values between them, null), and the condition is
evaluated on every combination by the closures that evaluate it at run time. Parts that values cannot decide
(arithmetic, `in` over an unknown list) are independent variables that may be true or false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from compound.language.references import (
    ABSENT,
    Absent,
    Both,
    Calc,
    Coalesce,
    Compare,
    Constant,
    EvaluationError,
    Expr,
    Length,
    ListOf,
    Not,
    Ref,
    compile_expr,
    refs_of,
)
from compound.language.types import Enum, Many, Names, Record, Scalar, Type, bare, is_optional

if TYPE_CHECKING:
    from pydantic import JsonValue

KindOf: TypeAlias = "Callable[[Ref], Type]"
Given: TypeAlias = "JsonValue | Absent"
Key: TypeAlias = "tuple[str, tuple[str | int, ...]]"
"""Root and steps of a reference: its identity, without its `?`."""

_MAX_TRIES: Final = 4096
_OTHER: Final = "\x00other"
"""A text that no graph file contains."""
_COIN: Final = Scalar("bool")


def key_of(ref: Ref) -> Key:
    """The identity of a reference, without its `?`."""
    return ref.root, ref.steps


def conjuncts(expr: Expr) -> Iterator[Expr]:
    """The parts that must all hold: `a and (b and c)` has three."""
    if isinstance(expr, Both) and expr.is_all:
        for item in expr.items:
            yield from conjuncts(item)
    else:
        yield expr


@dataclass(slots=True)
class _Terms:
    """The condition with a variable for each independent part."""

    kind_of: KindOf
    names: dict[object, str] = field(default_factory=dict[object, str])
    kinds: dict[str, Type] = field(default_factory=dict[str, Type])
    keys: dict[str, Key] = field(default_factory=dict[str, Key])
    lengths: dict[str, Ref] = field(default_factory=dict[str, Ref])
    coins: dict[str, tuple[Ref, ...]] = field(default_factory=dict[str, "tuple[Ref, ...]"])
    constants: dict[object, None] = field(default_factory=dict[object, None])

    def variable(self, what: object, kind: Type, key: Key | None = None) -> Ref:
        if what not in self.names:
            name = f"v{len(self.names)}"
            self.names[what] = name
            self.kinds[name] = kind
            if key is not None:
                self.keys[name] = key
        return Ref(self.names[what])

    def of(self, expr: Expr) -> Expr:  # noqa: PLR0911 - one branch per kind of tree
        match expr:
            case Ref():
                made = self.variable(key_of(expr), self.kind_of(expr), key_of(expr))
                return Ref(made.root, (), expr.is_optional)
            case Constant(value):
                self.constants[(type(value), value)] = None
                return expr
            case Length(Ref() as inner):
                made = self.variable(("len", key_of(inner), inner.is_optional), Scalar("int"), key_of(inner))
                self.lengths[made.root] = inner
                return made
            case Both(is_all, items):
                return Both(is_all, tuple(self.of(item) for item in items))
            case Not(item):
                return Not(self.of(item))
            case Compare(first, rest):
                if any(_is_dark(one) for one in (first, *(right for _, right in rest))):
                    return self.coin(expr)
                return Compare(self.of(first), tuple((op, self.of(right)) for op, right in rest))
            case Coalesce(items) | ListOf(items):
                made = tuple(self.of(item) for item in items)
                return Coalesce(made) if isinstance(expr, Coalesce) else ListOf(made)
            case Calc() | Length():
                return self.coin(expr)

    def coin(self, expr: Expr) -> Ref:
        made = self.variable(repr(expr), _COIN)
        self.coins[made.root] = tuple(refs_of(expr))
        return made


def _is_dark(expr: Expr) -> bool:
    """A side of a comparison that trying values cannot decide."""
    if isinstance(expr, Length):
        return not isinstance(expr.item, Ref)
    return isinstance(expr, Calc) or (isinstance(expr, ListOf | Coalesce) and any(map(_is_dark, expr.items)))


class Trial:
    """Values to try on conditions that hold together.

    Args:
        conditions: The conditions, all assumed to hold.
        kind_of: Type of a reference; optional if it may be null.
        names: Declared types.
        fixed: References with an assumed value.
        absent: A root that is assumed to have no value.
    """

    def __init__(
        self,
        conditions: Sequence[Expr],
        kind_of: KindOf,
        names: Names,
        fixed: Mapping[Key, Sequence[JsonValue]] | None = None,
        absent: str = "",
    ) -> None:
        terms = _Terms(kind_of)
        self._test = compile_expr(terms.of(Both(True, tuple(conditions))) if conditions else Constant(True))
        self._candidates: dict[str, Sequence[Given]] = {}
        pool = _Pool(terms, names)
        size = 1
        for name, kind in terms.kinds.items():
            given = _given(terms, name, fixed or {}, absent)
            self._candidates[name] = pool.values(kind, is_length=name in terms.lengths) if given is None else given
            size *= len(self._candidates[name])
        self.is_decidable = size <= _MAX_TRIES

    def verdict(self) -> Literal["always", "never", "open", "absent"]:
        """The possible results of the conditions, taken together.

        Open if both are possible or it cannot be decided; absent if there is never a result.
        """
        if not self.is_decidable:
            return "open"
        found: set[bool] = set()
        fails = False
        for values in islice(product(*self._candidates.values()), _MAX_TRIES):
            scope = dict(zip(self._candidates, values, strict=True))
            try:
                holds = self._test(scope)
            except EvaluationError:
                fails = True
                continue
            if holds is not ABSENT:
                found.add(bool(holds))
            if len(found) == 2:
                return "open"
        if not found:
            # A condition that fails on all values is a finding of its own.
            return "open" if fails else "absent"
        return "always" if True in found else "never"

    def can_hold(self) -> bool:
        """Whether all of them can hold at once; True if it cannot be decided."""
        return self.verdict() in {"always", "open"}


def _given(terms: _Terms, name: str, fixed: Mapping[Key, Sequence[JsonValue]], absent: str) -> Sequence[Given] | None:
    """The values that a variable is fixed to; None if it is free."""
    if name in terms.coins:
        lost = any(ref.root == absent and not ref.is_optional for ref in terms.coins[name])
        return [ABSENT] if lost else None
    length = terms.lengths.get(name)
    if terms.keys[name][0] == absent:
        return [0 if length is not None and length.is_optional else ABSENT]
    found = fixed.get(terms.keys[name])
    if found is None or length is None:
        return found
    return [len(value) if isinstance(value, str | list | dict) else 0 for value in found]


class _Pool:
    """Every constant of a condition, and the values of each type at which one of its comparisons can change."""

    def __init__(self, terms: _Terms, names: Names) -> None:
        self._names = names
        constants = [value for _, value in cast("dict[tuple[type, object], None]", terms.constants)]
        numbers = sorted({v for v in constants if isinstance(v, int | float) and not isinstance(v, bool)} | {0, 1})
        texts = [v for v in constants if isinstance(v, str)]
        for kind in terms.kinds.values():
            known = bare(kind, names)
            texts += known.values if isinstance(known, Enum) else ()
        self._texts: list[JsonValue] = list(dict.fromkeys(["", *texts, _OTHER]))
        self._numbers: list[JsonValue] = [numbers[0] - 1]
        for number, above in zip(numbers, [*numbers[1:], None], strict=True):
            self._numbers += [number, number + 1 if above is None else (number + above) / 2]

    def values(self, kind: Type, *, is_length: bool) -> Sequence[JsonValue]:
        """The values to try for a reference of a type."""
        null: list[JsonValue] = [None] if is_optional(kind, self._names) else []
        if is_length:
            return [n for n in self._whole() if cast("float", n) >= 0]
        return [*self._of(bare(kind, self._names)), *null]

    def _whole(self) -> list[JsonValue]:
        near = {int(cast("float", n)) + more for n in self._numbers for more in (-1, 0, 1)}
        return cast("list[JsonValue]", sorted(near))

    def _of(self, kind: Type) -> Sequence[JsonValue]:  # noqa: PLR0911 - one branch per kind of type
        match kind:
            case Enum(values):
                return list(values)
            case Scalar("bool"):
                return [True, False]
            case Scalar("int"):
                return self._whole()
            case Scalar("float"):
                return self._numbers
            case Scalar("str" | "date" | "datetime"):
                return self._texts
            case Many():
                return [[], *([one] for one in (*self._texts, *self._whole()))]
            case Record():
                return [{"": 0}, dict.fromkeys(cast("list[str]", self._texts), 0)]
            case _:
                some: list[JsonValue] = [None, True, False, [], [_OTHER], {"": 0}]
                return [*some, *self._texts, *self._numbers]


def can_hold(
    conditions: Sequence[Expr],
    kind_of: KindOf,
    names: Names,
    fixed: Mapping[Key, Sequence[JsonValue]] | None = None,
    absent: str = "",
) -> bool:
    """Whether the conditions can hold together, as far as can be decided."""
    return Trial(conditions, kind_of, names, fixed, absent).can_hold()


def related(known: Sequence[Expr], expr: Expr) -> list[Expr]:
    """The conditions that share a variable with another one, also indirectly."""
    keys = {key_of(ref) for ref in refs_of(expr)}
    left = [(one, {key_of(ref) for ref in refs_of(one)}) for one in known]
    found: list[Expr] = []
    while near := [one for one in left if one[1] & keys]:
        found += [one for one, _ in near]
        keys = keys.union(*(own for _, own in near))
        left = [one for one in left if not one[1] & keys]
    return found


def implies(known: Sequence[Expr], wanted: Expr, kind_of: KindOf, names: Names) -> bool:
    """Whether the known facts imply `wanted`; False if it cannot be decided."""
    if wanted in known:
        return True
    near = related(known, wanted)
    return bool(near) and not can_hold([*near, Not(wanted)], kind_of, names)
