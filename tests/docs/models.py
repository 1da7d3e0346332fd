"""Tables of pydantic models: key, type, default, meaning; the meaning is the field's own description."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_ATTRIBUTES = re.compile(r"^\s*Attributes:\n(.*?)(?=^\s*\w+:\n|\Z)", re.MULTILINE | re.DOTALL)


def table(model: type[BaseModel], *, without: Sequence[str] = ()) -> str:
    """One row a key, in the order of the model.

    Args:
        without: Keys that are described elsewhere.
    """
    meanings = _attributes(model)
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for name, field in fields_of(model).items():
        key = field.alias or name
        if key not in without:
            meaning = field.description or meanings.get(name, "")
            rows.append(f"| `{key}` | {_cell(_kind(key, field))} | {_cell(_default(field))} | {_cell(meaning)} |")
    return "\n".join(rows)


def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The fields; pydantic resolves names that come later in a file only at the first use, which may not have been."""
    model.model_rebuild()
    return model.model_fields


def summary(model: type[BaseModel]) -> str:
    """The first paragraph of the model's docstring."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def plain_table(head: tuple[str, str], rows: Mapping[str, str]) -> str:
    """Two columns; the first in code."""
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(meaning)} |" for name, meaning in rows.items()]
    return "\n".join(lines)


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """The meanings in a docstring's `Attributes:`, its parents' first."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        match = _ATTRIBUTES.search(kind.__doc__ or "") if issubclass(kind, BaseModel) else None
        for name, text in re.findall(r"^ +(\w+): (.*(?:\n {10,}.*)*)", match[1] if match else "", re.MULTILINE):
            found[name] = " ".join(text.split())
    return found


def nested(model: type[BaseModel], *, skip: Sequence[type[BaseModel]] = ()) -> list[type[BaseModel]]:
    """The models that a model's fields hold, each once, in the order of the fields."""
    found: list[type[BaseModel]] = []

    def look(kind: Any) -> None:
        for one in get_args(kind):
            look(one)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in (*found, *skip, model):
            found.append(kind)
            for field in fields_of(kind).values():
                look(field.annotation)

    for field in fields_of(model).values():
        look(field.annotation)
    return found


_WORDS = {"_bindings": "reference or literal", "_type": "type", "_declared": "type", "_duration": "duration",
          "_condition": "condition"}  # fmt: skip
"""Words of the language, each known by its validator."""


def _kind(key: str, field: FieldInfo) -> str:
    return "name to node" if key == "nodes" else _word(field.metadata) or _of(field.annotation)


def _word(metadata: Sequence[Any]) -> str:
    names = [getattr(getattr(one, "func", None), "__name__", "") for one in metadata]
    return next((_WORDS[name] for name in names if name in _WORDS), "")


_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _of(kind: Any) -> str:
    origin, args = get_origin(kind), get_args(kind)
    shown = "any value"
    if origin is Annotated:
        shown = _word(args[1:]) or _of(args[0])
    elif origin in (Union, types.UnionType):
        words = dict.fromkeys(_of(one) for one in args if one is not type(None))
        shown = " or ".join(dict.fromkeys("node" if word.endswith("Node`") else word for word in words))
    elif origin is Literal:
        shown = ", ".join(f"`{one}`" for one in args)
    elif origin in (list, tuple, Sequence):
        shown = f"list of {_of(args[0])}"
    elif origin in (dict, Mapping):
        shown = f"name to {_of(args[1])}"
    elif kind in _PLAIN:
        shown = _PLAIN[kind]
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        shown = f"`{kind.__name__}`"
    return shown


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value in (None, (), {}, [], ""):
        return ""
    if isinstance(value, BaseModel):
        return "its defaults"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "\\<").split())
