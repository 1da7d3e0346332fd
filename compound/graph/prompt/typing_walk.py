"""Checks how a prompt template uses its inputs: unknown fields, and values that may be null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from compound.errors import choices
from compound.graph.prompt.reading import Template, TemplateProblem
from compound.language.types import (
    ANY,
    STR,
    Many,
    Names,
    Record,
    Scalar,
    Type,
    bare,
    field_type,
    is_optional,
    show_type,
)

if TYPE_CHECKING:
    from jinja2 import nodes

_ITEM_FILTERS: Final = frozenset({"first", "last", "random", "min", "max"})
_LIST_FILTERS: Final = frozenset({"list", "sort", "reverse", "unique", "select", "reject", "selectattr", "rejectattr"})
_ATTRIBUTE_FILTERS: Final = frozenset({"map", "sort", "unique", "groupby", "sum", "join", "min", "max"})
_FIRST_ATTRIBUTE: Final = frozenset({"selectattr", "rejectattr", "groupby"})
_NUMBER_FILTERS: Final = frozenset({"length", "count", "wordcount"})


def problems_of(template: Template, given: Mapping[str, Type], names: Names) -> list[TemplateProblem]:
    """Errors in a template with inputs of these types."""
    walk = _Walk(names)
    walk.body(template.tree.body, _Scope({**given}))
    return walk.problems


@dataclass(frozen=True, slots=True)
class _Scope:
    """The scope of a part of a template.

    Attributes:
        types: Names with their types.
        safe: Paths that were tested before their use.
    """

    types: Mapping[str, Type]
    safe: frozenset[str] = frozenset()

    def with_names(self, more: Mapping[str, Type]) -> _Scope:
        return _Scope({**self.types, **more}, self.safe)

    def with_safe(self, test: nodes.Node | None) -> _Scope:
        return self if test is None else _Scope(self.types, self.safe | frozenset(_paths(test)))


@dataclass(slots=True)
class _Walk:
    """One walk through a template; collects findings on the way."""

    names: Names
    problems: list[TemplateProblem] = field(default_factory=list["TemplateProblem"])

    def body(self, parts: Sequence[nodes.Node], scope: _Scope) -> None:
        """Statements in order; the next ones see what an earlier one sets."""
        from jinja2 import nodes

        for part in parts:
            match part:
                case nodes.Assign(target=nodes.Name(name=name), node=value):
                    scope = scope.with_names({name: self.type_of(value, scope)})
                case nodes.AssignBlock(target=nodes.Name(name=name)):
                    self.body(part.body, scope)
                    scope = scope.with_names({name: STR})
                case nodes.If():
                    self._if(part, scope)
                case nodes.For():
                    self._for(part, scope)
                case nodes.Macro():
                    own = dict.fromkeys([one.name for one in part.args] + ["varargs", "kwargs", "caller"], ANY)
                    self.body(part.body, scope.with_names(own))
                    scope = scope.with_names({part.name: ANY})
                case nodes.With():
                    self._with(part, scope)
                case _:
                    self._other(part, scope)

    def _with(self, part: nodes.With, scope: _Scope) -> None:
        from jinja2 import nodes

        own: dict[str, Type] = {}
        for target, value in zip(part.targets, part.values, strict=True):
            kind = self.type_of(value, scope)
            if isinstance(target, nodes.Name):
                own[target.name] = kind
        self.body(part.body, scope.with_names(own))

    def _other(self, part: nodes.Node, scope: _Scope) -> None:
        from jinja2 import nodes

        for child in part.iter_child_nodes():
            if isinstance(child, nodes.Expr):
                self.type_of(child, scope)
            else:
                self.body([child], scope)

    def _if(self, part: nodes.If, scope: _Scope) -> None:
        self.type_of(part.test, scope, is_asked=True)
        inside = scope.with_safe(part.test)
        self.body(part.body, inside)
        for other in part.elif_:
            self._if(other, inside)
        self.body(part.else_, inside)

    def _for(self, part: nodes.For, scope: _Scope) -> None:
        from jinja2 import nodes

        listed = self.type_of(part.iter, scope)
        kind, path = bare(listed, self.names), _path(part.iter)
        if is_optional(listed, self.names) and path and path not in scope.safe:
            what = f"{path} may be null, and a loop needs a list"
            self._say("null", part, path, what, f"write {{% if {path} %}} around it, or {path} or []")
        elif isinstance(kind, Scalar) and kind.name not in {"any", "str"}:
            what = f"{path or 'the value'} is {show_type(kind)}, and a loop needs a list"
            self._say("field", part, path, what, "use a list")
        own: dict[str, Type] = dict.fromkeys((one.name for one in part.target.find_all(nodes.Name)), ANY)
        if isinstance(part.target, nodes.Name):
            own[part.target.name] = kind.item if isinstance(kind, Many) else STR if isinstance(kind, Record) else ANY
        inside = scope.with_names({**own, "loop": ANY})
        if part.test is not None:
            self.type_of(part.test, inside, is_asked=True)
        self.body(part.body, inside.with_safe(part.test))
        self.body(part.else_, scope)

    def _say(self, kind: str, part: nodes.Node, near: str, what: str, fix: str) -> None:
        self.problems.append(TemplateProblem(kind, part.lineno, near, what, fix))

    def type_of(self, expr: nodes.Node, scope: _Scope, *, is_asked: bool = False) -> Type:  # noqa: PLR0911
        """Type of an expression; `is_asked`: in a test, where a missing value is allowed."""
        from jinja2 import nodes

        match expr:
            case nodes.Name(name=name):
                return scope.types.get(name, ANY)
            case nodes.Getattr(node=inner, attr=attr):
                return self._field(expr, inner, attr, scope, is_asked=is_asked)
            case nodes.Getitem():
                return self._item(expr, scope, is_asked=is_asked)
            case nodes.Filter():
                return self._filter(expr, scope, is_asked=is_asked)
            case nodes.Call(node=called):
                self._all((*expr.args, *(one.value for one in expr.kwargs)), scope)
                self._all([called.node] if isinstance(called, nodes.Getattr) else [], scope)
                return ANY
            case nodes.Test(node=inner):
                self.type_of(inner, scope, is_asked=True)
                return Scalar("bool")
            case nodes.And() | nodes.Or() | nodes.CondExpr():
                return self._branch(expr, scope, is_asked=is_asked)
            case _:
                self._all(list(expr.iter_child_nodes()), scope, is_asked=is_asked)
                return ANY

    def _all(self, parts: Sequence[nodes.Node], scope: _Scope, *, is_asked: bool = False) -> None:
        for part in parts:
            self.type_of(part, scope, is_asked=is_asked)

    def _branch(self, expr: nodes.And | nodes.Or | nodes.CondExpr, scope: _Scope, *, is_asked: bool) -> Type:
        """Paths tested on one side are safe on the other."""
        from jinja2 import nodes

        if isinstance(expr, nodes.CondExpr):
            self.type_of(expr.test, scope, is_asked=True)
            inside = scope.with_safe(expr.test)
            kind = self.type_of(expr.expr1, inside, is_asked=is_asked)
            self._all([] if expr.expr2 is None else [expr.expr2], inside, is_asked=is_asked)
            return kind if expr.expr2 is None else ANY
        kind = self.type_of(expr.left, scope, is_asked=True)
        other = self.type_of(expr.right, scope.with_safe(expr.left), is_asked=is_asked)
        return bare(kind, self.names) if isinstance(expr, nodes.Or) else other

    def _item(self, expr: nodes.Getitem, scope: _Scope, *, is_asked: bool) -> Type:
        from jinja2 import nodes

        if isinstance(expr.arg, nodes.Const) and isinstance(expr.arg.value, str):
            return self._field(expr, expr.node, expr.arg.value, scope, is_asked=is_asked)
        self.type_of(expr.arg, scope)
        kind = bare(self.type_of(expr.node, scope, is_asked=is_asked), self.names)
        if not isinstance(kind, Many):
            return ANY
        return kind if isinstance(expr.arg, nodes.Slice) else kind.item

    def _field(self, expr: nodes.Node, inner: nodes.Node, attr: str, scope: _Scope, *, is_asked: bool) -> Type:
        from jinja2 import nodes

        around = self.type_of(inner, scope, is_asked=is_asked)
        path, base, kind = _path(expr), _path(inner), bare(around, self.names)
        if kind == ANY:
            return ANY
        if is_optional(around, self.names) and base and base not in scope.safe and not is_asked:
            what = f"{base} may be null, and then it has no {attr!r}"
            self._say("null", expr, path, what, f"write {{% if {base} %}} around it")
            return ANY
        found = field_type(kind, attr, self.names)
        if found is None and not _has_method(kind, attr):
            known = list(kind.fields) if isinstance(kind, Record) else []
            fix = choices(known, attr) if known else f"{base or 'the value'} is {show_type(kind)}, which has no fields"
            self._say("field", expr, path, f"{{{{ {path or attr} }}}}: no field {attr!r}", fix)
        elif found is not None and isinstance(expr, nodes.Getattr) and hasattr({}, attr):
            what = f"{{{{ {path} }}}} means a method of every record, not the field {attr!r}"
            self._say("field", expr, path, what, f"write {base}[{attr!r}]")
        return ANY if found is None else found

    def _filter(self, expr: nodes.Filter, scope: _Scope, *, is_asked: bool) -> Type:
        self._all((*expr.args, *(one.value for one in expr.kwargs)), scope)
        if expr.node is None:
            return STR
        is_default = expr.name in {"default", "d"}
        kind = bare(self.type_of(expr.node, scope, is_asked=is_asked or is_default), self.names)
        if isinstance(kind, Many):
            self._attributes(expr, kind)
            if expr.name in _ITEM_FILTERS | _LIST_FILTERS:
                return kind.item if expr.name in _ITEM_FILTERS else kind
        if is_default:
            return kind
        return Scalar("int") if expr.name in _NUMBER_FILTERS else ANY

    def _attributes(self, expr: nodes.Filter, listed: Many) -> None:
        """The field that a filter reads of every item: `orders | map(attribute='total')`."""
        from jinja2 import nodes

        named = [one.value for one in expr.kwargs if one.key == "attribute"] if expr.name in _ATTRIBUTE_FILTERS else []
        named += expr.args[:1] if expr.name in _FIRST_ATTRIBUTE else []
        for value in named:
            if not isinstance(value, nodes.Const) or not isinstance(value.value, str):
                continue
            kind: Type = listed.item
            for step in value.value.split("."):
                below = field_type(kind, step, self.names)
                if below is None:
                    record = bare(kind, self.names)
                    known = list(record.fields) if isinstance(record, Record) else []
                    self._say("field", value, value.value, f"{expr.name}: no field {step!r}", choices(known, step))
                    break
                kind = below


def _has_method(kind: Type, name: str) -> bool:
    """Whether values of this type have a method with the name."""
    match kind:
        case Record():
            return hasattr({}, name)
        case Many():
            return hasattr([], name)
        case Scalar("str" | "date" | "datetime"):
            return hasattr("", name)
        case _:
            return False


def _path(expr: nodes.Node) -> str:
    """`letter.body` as it is written; empty if it is not a plain path."""
    from jinja2 import nodes

    match expr:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=inner, attr=attr):
            around = _path(inner)
            return f"{around}.{attr}" if around else ""
        case nodes.Getitem(node=inner, arg=nodes.Const(value=value)):
            around = _path(inner)
            return f"{around}[{value!r}]" if around else ""
        case _:
            return ""


def _paths(expr: nodes.Node) -> Iterator[str]:
    """Every path that a test mentions, with its prefixes."""
    from jinja2 import nodes

    kinds = (nodes.Name, nodes.Getattr, nodes.Getitem)
    for one in (expr, *cast("Iterator[nodes.Node]", expr.find_all(kinds))):
        path = _path(one)
        while path:
            yield path
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
