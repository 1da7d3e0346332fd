"""Mistakes in names, references and types of graph files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.mutation.operators import operator
from tests.mutation.tree import (
    LITERAL,
    ROOTS,
    SCALARS,
    Change,
    File,
    at,
    bindings,
    conditions,
    in_names,
    in_references,
    leaves,
    nodes,
    renamed,
    replaced,
    shown,
    types,
    typo,
    without,
)

CALLED = ("tool", "model", "prompt", "system", "ref", "on", "graph", "kind", "policy")


def _root(match: re.Match[str]) -> str | None:
    lead = "$" * match[0].startswith("$")
    return f"{lead}{typo(match[1])}{match[2]}{match[3]}"


def _field(match: re.Match[str]) -> str | None:
    lead, dot, last = match[2].rpartition(".")
    if not dot or not last.isidentifier():
        return None
    return f"{'$' * match[0].startswith('$')}{match[1]}{lead}.{typo(last)}{match[3]}"


def _edited(file: File, found: Iterator[tuple[Any, str]], edit: Any, change: Any) -> Iterator[Change]:
    for path, text in found:
        for new in edit(text, change):
            if new != text:
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("typo in the root of a reference")
def reference_root(file: File) -> Iterator[Change]:
    """`$drfat.text`."""
    if file.is_graph:
        yield from _edited(file, bindings(file.data), in_references, _root)


@operator("typo in a field of a reference")
def reference_field(file: File) -> Iterator[Change]:
    """`$draft.tetx`."""
    if file.is_graph:
        yield from _edited(file, bindings(file.data), in_references, _field)


@operator("typo in the name of a condition")
def condition_name(file: File) -> Iterator[Change]:
    """`reveiw.action`, `review.actoin`."""
    if file.is_graph:
        for change in (_root, _field):
            yield from _edited(file, conditions(file.data), in_names, change)


@operator("reference cut short")
def reference_short(file: File) -> Iterator[Change]:
    """`$draft` where `$draft.text` was meant."""

    def short(match: re.Match[str]) -> str | None:
        lead, dot, _ = match[2].rpartition(".")
        return f"${match[1]}{lead}{match[3]}" if dot else None

    if file.is_graph:
        yield from _edited(file, _arguments(file), in_references, short)


def _arguments(file: File) -> Iterator[tuple[Any, str]]:
    """References that something is given: not those that people are shown, and no outputs."""
    return ((path, text) for path, text in bindings(file.data) if path[0] == "nodes" and "show" not in path)


@operator("reference without its dollar sign")
def reference_bare(file: File) -> Iterator[Change]:
    """`draft.text`: a text, not a reference."""
    if file.is_graph:
        yield from (
            (f"{shown(path)}: {text} without $", file.written(replaced(file.data, path, text.replace("$", ""))))
            for path, text in bindings(file.data)
        )


@operator("reference in braces of a template")
def reference_braces(file: File) -> Iterator[Change]:
    """`{{ draft.text }}`: what prompts write, not graphs."""
    if file.is_graph:
        for path, text in _arguments(file):
            if "??" not in text:
                new = "{{ " + text.strip("$?") + " }}"
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("dropped `?`")
def dropped_question(file: File) -> Iterator[Change]:
    """`$orders` where orders may be skipped."""

    def sure(match: re.Match[str]) -> str | None:
        return match[0][:-1] if match[3] else None

    if file.is_graph:
        yield from _edited(file, bindings(file.data), in_references, sure)


@operator("dropped side of `??`")
def dropped_side(file: File) -> Iterator[Change]:
    """`$review.text` where `$review.text ?? $draft.text` was meant, and the other way round."""
    if file.is_graph:
        for path, text in bindings(file.data):
            for side in text.split("??") if "??" in text else ():
                if side.strip().startswith("$"):
                    new = side.strip()
                    yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("literal of a wrong type")
def wrong_literal(file: File) -> Iterator[Change]:
    """A record where a text, a number or a list is wanted; a prompt may be given anything."""
    if file.is_graph:
        for path, text in _arguments(file):
            owner = at(file.data, path[: path.index("in")]) if "in" in path else {}
            if owner.get("use") not in {None, "llm", "agent"} and "evidence" not in path:
                yield f"{shown(path)}: {text} becomes a record", file.written(replaced(file.data, path, {"x": [1]}))


@operator("typo in the name of what is called")
def called_name(file: File) -> Iterator[Change]:
    """A tool, model, prompt, specialist, index, check, graph or policy that is not there."""
    if not file.is_graph:
        return
    for path, value in leaves(file.data):
        is_listed = path[-2:-1] in {("tools",), ("proposes",)}
        if isinstance(value, str) and (is_listed or path[-1] in CALLED) and path[0] in {"nodes", "policy"}:
            head, dot, tail = value.rpartition(".")
            new = f"{typo(head)}.{tail}" if value.endswith(".md") else f"{head}{dot}{typo(tail)}"
            yield f"{shown(path)}: {value} becomes {new}", file.written(replaced(file.data, path, new))


@operator("typo in a type")
def type_name(file: File) -> Iterator[Change]:
    """`sttr`, `list[Darft]`."""
    if not file.is_graph:
        return
    for path, text in types(file.data):
        for match in re.finditer(r"[A-Za-z_]\w*", text.partition("enum(")[0]):
            if match[0] != "list":
                new = text[: match.start()] + typo(match[0]) + text[match.end() :]
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("another type declared")
def type_swapped(file: File) -> Iterator[Change]:
    """`int` where a text comes, `str` where a number does."""
    if not file.is_graph:
        return
    for path, text in types(file.data):
        bare = text.rstrip("?")
        if bare in SCALARS and bare != "json":
            new = ("list[str]" if bare == "str" else "str") + "?" * text.endswith("?")
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("typo in a field of a type")
def type_field(file: File) -> Iterator[Change]:
    """A field is declared by another name than the graphs and prompts use."""
    if file.is_graph:
        for path, _ in types(file.data):
            new = typo(str(path[-1]))
            if path[-1] != "out" and file.says(str(path[-1])):
                yield f"{shown(path)} becomes {new}", file.written(renamed(file.data, path, new))


@operator("field of a type removed")
def type_field_removed(file: File) -> Iterator[Change]:
    """A field that graphs and prompts use is not declared any more."""
    if file.is_graph:
        for path, _ in types(file.data):
            if path[-1] != "out" and file.says(str(path[-1])):
                yield f"{shown(path)} removed", file.written(without(file.data, path))


@operator("typo in a value of an enum type")
def enum_value(file: File) -> Iterator[Change]:
    """`enum(cancle, other)`, where something is compared with `cancel`."""
    if not file.is_graph:
        return
    for path, text in types(file.data):
        inside = re.search(r"enum\(([^)]*)\)", text)
        for word in [one.strip() for one in inside[1].split(",")] if inside else []:
            if not re.search(rf"'{word}'|: {word}\b", file.text):
                continue
            new = text.replace(word, typo(word), 1)
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("typo in a text of a condition")
def condition_literal(file: File) -> Iterator[Change]:
    """`review.action != 'rejcet'`."""
    if not file.is_graph:
        return
    for path, text in conditions(file.data):
        for match in LITERAL.finditer(text):
            new = f"{text[: match.start()]}'{typo(match[1])}'{text[match.end() :]}"
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("typo in an action of a review")
def action_name(file: File) -> Iterator[Change]:
    """`aprove: {}`: no condition asks for it."""
    if file.is_graph:
        for path, node in nodes(file.data):
            for action in node.get("decide", ()):
                where = (*path, "decide", action)
                yield f"{shown(where)} misspelt", file.written(renamed(file.data, where, typo(action)))


@operator("typo in the name of an input")
def argument_name(file: File) -> Iterator[Change]:
    """`in: {txet: ...}`."""
    if file.is_graph:
        for path, node in nodes(file.data):
            for name in node.get("in", ()):
                where = (*path, "in", name)
                yield f"{shown(where)} misspelt", file.written(renamed(file.data, where, typo(name)))


@operator("input removed")
def argument_removed(file: File) -> Iterator[Change]:
    """A node is not given what it was given."""
    if file.is_graph:
        for path, node in nodes(file.data):
            for name in node.get("in", ()):
                where = (*path, "in", name)
                yield f"{shown(where)} removed", file.written(without(file.data, where))


@operator("typo in the name of a node")
def node_name(file: File) -> Iterator[Change]:
    """The node is called otherwise than its references say."""
    if file.is_graph:
        for path, _ in nodes(file.data):
            if path[-1] not in {*ROOTS, "fallback"}:
                new = typo(str(path[-1]))
                yield f"{shown(path)} becomes {new}", file.written(renamed(file.data, path, new))
