"""Converts a graph's declared types to the Python types of langgraph's channels, for its schemas and its tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NotRequired, Optional, cast

# pydantic accepts no other TypedDict before Python 3.12.
from typing_extensions import TypedDict

from compound.language.types import Enum, Many, Named, Nullable, Record, Scalar, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from compound.graph.planning.interface import Interface
    from compound.language.types import Names

PRIVATE: Final = "compound_run"
"""The hidden channel in checkpoints: the run's id, its input, its outcomes."""
_SCALARS: Final[dict[str, Any]] = {
    "str": str, "int": int, "float": float, "bool": bool, "date": str, "datetime": str, "any": Any,
}  # fmt: skip


def merge(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """A new run replaces the previous one; outcomes of the same run are merged."""
    if old is None or "run_id" in new:
        return new
    return {**old, "outcomes": {**old["outcomes"], **new["outcomes"]}}


def schemas(outside: Interface) -> tuple[Any, Any, Any]:
    """The schemas of state, input and output."""
    given = {name: _channel(kind, outside.names) for name, kind in outside.input.fields.items()}
    made = {name: _python(kind, outside.names, ()) for name, kind in outside.output.fields.items()}
    # An input that is also an output is one channel; its readers must expect either type.
    shared = {name: Any for name in given if name in made}
    private = {PRIVATE: Annotated[dict[str, Any], merge]}
    return (
        _typed("State", {**given, **made, **shared, **private}),
        _typed("Input", {**given, **{name: NotRequired[Any] for name in shared if _is_optional(outside, name)}}),
        _typed("Output", {**made, **shared}),
    )


def _is_optional(outside: Interface, name: str) -> bool:
    return isinstance(outside.input.fields[name], Nullable)


def _channel(kind: Type, names: Names) -> Any:  # noqa: ANN401 - a type
    python = _python(kind, names, ())
    return NotRequired[python] if isinstance(kind, Nullable) else python


def _python(kind: Type, names: Names, above: tuple[str, ...]) -> Any:  # noqa: ANN401, PLR0911 - one branch per kind
    match kind:
        case Scalar(name):
            return _SCALARS[name]
        case Enum(values):
            return Literal[values]
        case Many(item):
            return list[_python(item, names, above)]
        case Nullable(item):
            return Optional[_python(item, names, above)]  # noqa: UP045 - made at run time
        case Named(name):
            if name in above or name not in names:
                return dict[str, Any]
            return _record(name, names[name], names, (*above, name))
        case Record():
            return _record("Record", kind, names, above)


def _record(name: str, kind: Type, names: Names, above: tuple[str, ...]) -> Any:  # noqa: ANN401 - a type
    if not isinstance(kind, Record) or kind.is_open:
        return dict[str, Any] if isinstance(kind, Record) else _python(kind, names, above)
    required = kind.must_have()
    fields = {one: _python(item, names, above) for one, item in kind.fields.items()}
    return _typed(name, {one: python if one in required else NotRequired[python] for one, python in fields.items()})


def _typed(name: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a type
    return cast("Callable[[str, Mapping[str, Any]], Any]", TypedDict)(name, fields)
