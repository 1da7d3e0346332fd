"""`docs/reference/python.md` and its pages, one a room: every public name from its source, with an example."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tests.docs.pages.python_examples import Example, examples
from tests.docs.sources import (
    ROOT,
    Definition,
    Function,
    docstring,
    is_alias,
    is_internal,
    lineage,
    locate,
    members,
    module_docstring,
    names_of,
)

LIST: Final = Path("tests/unit/public_names.txt")
INDEX: Final = Path("docs/reference/python.md")
FOLDER: Final = Path("docs/reference/python")
_WIDTH: Final = 100
_SECTIONS: Final = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example", "Examples")
_HEADS: Final = {"Args": "Arguments", "Raises": "Errors", "Attributes": "Attributes"}


def rooms(root: Path) -> dict[str, list[str]]:
    """Room to its public names, `compound` first."""
    found: dict[str, list[str]] = {}
    for line in (root / LIST).read_text(encoding="utf-8").split():
        room, _, name = line.rpartition(".")
        found.setdefault(room, []).append(name)
    return dict(sorted(found.items()))


def python_pages(root: Path) -> dict[Path, str]:
    """The index and one page a room."""
    shown = rooms(root)
    places = _places(shown)
    by_name = _examples_by_definition()
    pages = {FOLDER / f"{room}.md": _page(room, names, places, by_name) for room, names in shown.items()}
    index = (root / INDEX).read_text(encoding="utf-8")
    begin, end = "<!-- names -->\n", "\n<!-- /names -->"
    head, tail = index.partition(begin)[0], index.partition(end)[2]
    return {INDEX: head + begin + _index(shown) + end + tail, **pages}


def _places(shown: Mapping[str, Sequence[str]]) -> dict[Definition, str]:
    """Definition to the room whose page describes it: the room in which it lives, not `compound`."""
    places: dict[Definition, str] = {}
    for room in (*[one for one in shown if one != "compound"], "compound"):
        for name in shown[room]:
            places.setdefault(_located(room, name), room)
    return places


@cache
def public() -> frozenset[Definition]:
    """The definitions of all public names."""
    return frozenset(_located(room, name) for room, names in rooms(ROOT).items() for name in names)


def _located(room: str, name: str) -> Definition:
    found = locate(room, name)
    assert found is not None, f"{room}.{name} is defined nowhere"
    return found


def _examples_by_definition() -> dict[Definition, list[Example]]:
    found: dict[Definition, list[Example]] = {}
    for one in examples():
        for name in one.names:
            room, _, last = name.rpartition(".")
            found.setdefault(_located(room, last), []).append(one)
    return found


def _index(shown: Mapping[str, Sequence[str]]) -> str:
    count = sum(len(names) for names in shown.values())
    lines = [f"{len(shown)} rooms, {count} names.", "", "| Room | Names |", "|---|---|"]
    for room, names in shown.items():
        lines.append(f"| [`{room}`](python/{room}.md) | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines)


def _page(
    room: str,
    names: Sequence[str],
    places: Mapping[Definition, str],
    by_name: Mapping[Definition, Sequence[Example]],
) -> str:
    head = _room_text(room)
    lines = [f"# `{room}`", "", head, ""]
    elsewhere = [name for name in names if places[_located(room, name)] != room]
    if elsewhere:
        lines += ["| Name | Described in |", "|---|---|"]
        for name in elsewhere:
            home = places[_located(room, name)]
            lines.append(f"| `{name}` | [`{home}`]({home}.md#{_located(room, name).name.lower()}) |")
        lines.append("")
    for name in names:
        one = _located(room, name)
        if places[one] == room:
            lines += [*_entry(room, name, one, by_name.get(one, ())), ""]
    return "\n".join(lines).rstrip() + "\n"


def _room_text(room: str) -> str:
    return markdown(module_docstring(room))


def _entry(room: str, name: str, one: Definition, shown: Sequence[Example]) -> Iterator[str]:
    yield f"## `{name}`"
    yield ""
    yield "```python"
    yield f"from {room} import {name}"
    yield ""
    yield from signature(name, one)
    yield "```"
    yield ""
    yield markdown(docstring(one))
    for member, node in methods(one):
        yield ""
        yield f"### `{name}.{node.name}`"
        yield ""
        yield "```python"
        yield from function_signature(node, skip=1)
        yield "```"
        yield ""
        yield markdown(ast.get_docstring(node) or "")
        del member
    yield ""
    yield from _examples_of(room, name, shown)


def _examples_of(room: str, name: str, shown: Sequence[Example]) -> Iterator[str]:
    """The examples that begin with a name are under it; others lead to where they are."""
    yield "Example:"
    yield ""
    own = [one for one in shown if one.names[0] == f"{room}.{name}"]
    for one in own:
        yield f"```python\n{one.code}\n```"
    if not own:
        first = shown[0].names[0] if shown else ""
        home, _, last = first.rpartition(".")
        page = "" if home == room else f"{home}.md"
        yield f"see [`{last}`]({page}#{last.lower()})."


def methods(one: Definition) -> Iterator[tuple[Definition, Function]]:
    """The public methods and properties of a class, its constructor left out."""
    if not isinstance(one.node, ast.ClassDef):
        return
    for owner, member in members(one):
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name != "__init__":
            yield owner, member


def signature(name: str, one: Definition) -> list[str]:
    """How a name is called, or what it is, as lines of Python."""
    match one.node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return function_signature(one.node, name=name)
        case ast.ClassDef():
            return _class_signature(name, one, one.node)
        case ast.Assign() | ast.AnnAssign():
            value = ast.unparse(one.node.value) if one.node.value is not None else "..."
            if is_alias(one.node) or len(value) <= _WIDTH:
                return [f"{name} = {value}"]
            return [f"{name}: {ast.unparse(one.node.annotation)}" if isinstance(one.node, ast.AnnAssign) else name]
        case None:
            return [name]


def _class_signature(name: str, one: Definition, node: ast.ClassDef) -> list[str]:
    if any("Protocol" in ast.unparse(base) for base in node.bases):
        fields = [ast.unparse(member) for _, member in members(one) if isinstance(member, ast.AnnAssign)]
        return [f"class {name}(Protocol)" + (":" if fields else ""), *(f"    {field}" for field in fields)]
    init = next(
        (m for _, m in members(one) if isinstance(m, ast.FunctionDef) and m.name == "__init__"),
        None,
    )
    if init is not None:
        return function_signature(init, name=name, skip=1, returns=False, text=ast.get_docstring(node))
    parts = [one for _, one in members(one) if isinstance(one, ast.AnnAssign)]
    if parts and not any(ast.unparse(base).endswith("TypedDict") for base in node.bases):
        return _wrapped(f"{name}(", [_shown_field(part) for part in _in_order(one, parts)], ")")
    values = [ast.unparse(member) for _, member in members(one) if isinstance(member, ast.Assign | ast.AnnAssign)]
    bases = [ast.unparse(base) for base in node.bases if not _is_private(one, base)]
    head = f"class {name}" + (f"({', '.join(bases)})" if bases else "")
    return [head + (":" if values else ""), *(f"    {value}" for value in values)]


def _is_private(one: Definition, base: ast.expr) -> bool:
    """If a base is a class of `compound` that no room exports; its members are shown as the class's own."""
    found = locate(one.module, next(names_of(base), ""))
    return found is not None and found.module.startswith("compound") and found not in public()


def _in_order(one: Definition, parts: Sequence[ast.AnnAssign]) -> list[ast.AnnAssign]:
    """Fields of the classes below first, as the constructor takes them."""
    order: list[ast.stmt] = []
    for owner in reversed(list(lineage(one))):
        assert isinstance(owner.node, ast.ClassDef)
        order += owner.node.body
    return sorted(parts, key=order.index)


def _shown_field(part: ast.AnnAssign) -> str:
    text = f"{ast.unparse(part.target)}: {ast.unparse(part.annotation)}"
    if part.value is None:
        return text
    value = ast.unparse(part.value)
    if "default_factory" in value:
        made = "list" if "=list" in value else "dict" if "dict" in value or "nothing" in value else ""
        value = {"list": "[]", "dict": "{}", "": "..."}[made]
    found = re.fullmatch(r"field[(]default=(.*)[)]", value)
    return f"{text} = {found[1] if found else value}"


def function_signature(
    node: Function, *, name: str = "", skip: int = 0, returns: bool = True, text: str | None = None
) -> list[str]:
    """A function's signature without `self` and without internal arguments; a property as `name -> type`."""
    text = text if text is not None else ast.get_docstring(node)
    marks = {ast.unparse(one) for one in node.decorator_list}
    lead = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    end = f" -> {ast.unparse(node.returns)}" if returns and node.returns is not None else ""
    shown = name or node.name
    if marks & {"property", "cached_property"}:
        return [f"{shown}{end}"]
    skip = 0 if "staticmethod" in marks else skip
    return _wrapped(f"{lead}{shown}(", list(_arguments(node, skip, text)), f"){end}")


def _arguments(node: Function, skip: int, text: str | None) -> Iterator[str]:
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = [*[None] * (len(plain) - len(args.defaults)), *args.defaults]
    for at, (arg, default) in enumerate(zip(plain, defaults, strict=True)):
        if at >= skip and not is_internal(arg.arg, text):
            yield _argument(arg, default)
        if args.posonlyargs and at == len(args.posonlyargs) - 1 and at >= skip:
            yield "/"
    if args.vararg is not None:
        yield f"*{_argument(args.vararg, None)}"
    elif args.kwonlyargs:
        yield "*"
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if not is_internal(arg.arg, text):
            yield _argument(arg, default)
    if args.kwarg is not None:
        yield f"**{_argument(args.kwarg, None)}"


def _argument(arg: ast.arg, default: ast.expr | None) -> str:
    typed = f"{arg.arg}: {ast.unparse(arg.annotation)}" if arg.annotation is not None else arg.arg
    equals = " = " if arg.annotation is not None else "="
    return typed if default is None else f"{typed}{equals}{ast.unparse(default)}"


def _wrapped(begin: str, parts: Sequence[str], end: str) -> list[str]:
    line = f"{begin}{', '.join(parts)}{end}"
    return [line] if len(line) <= _WIDTH else [begin, *(f"    {part}," for part in parts), end]


def markdown(text: str) -> str:
    """A docstring of Google's form as Markdown: sections as lists, what is internal left out."""
    lines: list[str] = []
    section = ""
    for line in re.sub(r"``([^`]+)``", r"`\1`", text).split("\n"):
        found = re.match(r"^(\w+):$", line)
        if found and found[1] in _SECTIONS:
            section = found[1]
            if section not in {"Example", "Examples"}:
                lines += [f"{_HEADS.get(section, section)}:", ""]
        elif section in {"Example", "Examples"}:
            continue
        elif section and line.strip():
            lines.append(_listed(line, section))
        else:
            lines.append(line)
    return "\n".join(_without_internal(lines)).strip()


def _listed(line: str, section: str) -> str:
    inner = line.removeprefix("    ")
    if inner.startswith(" ") or inner == line:  # goes on, or the text after a section
        return inner if inner == line else f"  {inner.strip()}"
    found = re.match(r"^(\*{0,2}\w+): (.*)$", inner)
    if found and section in {"Args", "Attributes", "Raises"}:
        return f"- `{found[1]}`: {found[2]}"
    return inner


def _without_internal(lines: Sequence[str]) -> Iterator[str]:
    is_hidden = False
    for line in lines:
        if line.startswith("- `"):
            is_hidden = ": Internal: " in line
        elif not line.startswith("  "):
            is_hidden = False
        if not is_hidden:
            yield line
