"""`compound fmt`: the canonical form of every declared file. It keeps the meaning and every comment, or refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError
from compound.spec.form.kinds import kind_of, read_as
from compound.spec.graph_file import FIRST_KEYS
from compound.spec.nodes import NODE_MODELS
from compound.spec.sql_tool import split_sql_tool
from compound.spec.yaml.lines import tree_text
from compound.spec.yaml.reading import YamlDocument, decode_utf8, read_yaml
from compound.spec.yaml.tree import Node, Tree, parse_tree

if TYPE_CHECKING:
    from pydantic import BaseModel


def format_text(content: str | bytes, path: str) -> str:
    """The canonical form of a file.

    Keys are in the order of their model, names in the order of the file. Two spaces of indentation, also for lists
    below their key; one-line values stay on one line up to 110 columns; at most one blank line; text is quoted if a
    YAML reader could take it for another type.

    Args:
        content: The file; a SQL tool with its statement, which does not change.
        path: Its name as the user would type it; `.sql` is a SQL tool, others have their kind in the first line.

    Raises:
        InvalidFile: It has mistakes of shape; all of them.
        ProjectError: ``yaml.*``, ``file.unknown-kind``, ``tool.*``; ``fmt.not-kept``: the canonical form would
            mean something else or lose a comment. Nothing may be written then.
    """
    text = decode_utf8(content, path)
    if path.endswith(".sql"):
        header, body = split_sql_tool(text, path)
        spec = read_as(kind_of(read_yaml(header, path), path), text, path)
        return f"---\n{_formatted(header, path, spec)}---\n{body}"
    document = read_yaml(text, path)
    return _formatted(text, path, read_as(kind_of(document, path), text, path))


def _formatted(text: str, path: str, model: BaseModel) -> str:
    tree = parse_tree(text, path)
    before = Counter(tree.comments())
    _sort(tree.root, model)
    formatted = tree_text(tree)
    _verify(read_yaml(text, path), before, formatted, path)
    return formatted


def _verify(document: YamlDocument, comments: Counter[str], formatted: str, path: str) -> None:
    again = read_yaml(formatted, path)
    kept: Tree = parse_tree(formatted, path)
    if again.data != document.data or Counter(kept.comments()) != comments:
        what = "the canonical form would not keep everything in the file"
        raise ProjectError("fmt.not-kept", what, fix="this is a bug: please report the file", where=Location(path))


def _sort(node: Node, model: object) -> None:
    """Keys in the order of their model; entries with free names keep their order."""
    from pydantic import BaseModel

    if isinstance(model, BaseModel):
        fields = type(model).model_fields
        names = {field.alias or name: name for name, field in fields.items()}
        if node.kind == "map" and not any(entry.key in names for entry in node.entries) and len(fields) == 1:
            # A model of free names, which is not a level in the file.
            _sort(node, getattr(model, next(iter(fields))))
            return
        rank = {key: index for index, key in enumerate(_order(type(model), list(names)))}
        node.entries.sort(key=lambda entry: rank.get(entry.key or "", len(rank)))
        for entry in node.entries:
            if entry.key in names:
                entry.is_quoted = False
                _sort(entry.value, getattr(model, names[entry.key]))
    elif isinstance(model, Mapping):
        items = cast("Mapping[str, object]", model)
        for entry in node.entries:
            _sort(entry.value, items.get(entry.key or ""))
    elif isinstance(model, list | tuple):
        for entry, item in zip(node.entries, cast("Sequence[object]", model), strict=False):
            _sort(entry.value, item)


def _order(model: type[BaseModel], keys: Sequence[str]) -> list[str]:
    if model not in NODE_MODELS.values():
        return list(keys)
    return [*(key for key in FIRST_KEYS if key in keys), *(key for key in keys if key not in FIRST_KEYS)]
