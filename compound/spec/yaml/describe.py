"""Descriptions of the keys of a declared file: from its model's fields, or the `Attributes:` of its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import BaseModel

_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def summary(model: type[BaseModel]) -> str:
    """The description of a model, without its attributes."""
    text = inspect.getdoc(model) or ""
    return _one_line(text.partition("\nAttributes:\n")[0])


@cache
def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Field to description; a field without one is left out."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        _, _, listed = (inspect.cleandoc(base.__doc__ or "")).partition("\nAttributes:\n")
        found |= {name: _one_line(text) for name, text in _ATTRIBUTE.findall(listed)}
    for name, field in model.model_fields.items():
        if field.description:
            found[name] = _one_line(field.description)
    return {name: text for name, text in found.items() if name in model.model_fields}


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip())
