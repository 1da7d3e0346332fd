"""Write plain data as block-style YAML that reads back as the same data."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from pydantic import JsonValue


def write_yaml(data: JsonValue) -> str:
    """Block style, keys in the order given, at most 110 columns."""
    writer = YAML(typ="rt", pure=True)
    writer.width = 110
    writer.default_flow_style = False
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    writer.dump(data, stream)
    return stream.getvalue()
