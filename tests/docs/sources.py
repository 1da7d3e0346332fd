"""Where a name of `compound` is defined, read from the sources and never by importing them.

Annotations are strings at run time, and many of their names are imported for typing only: the sources know both.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

ROOT: Final = Path(__file__).parents[2]
INTERNAL: Final = "Internal:"
"""A member whose docstring begins with it, or an argument that it describes, is for the rooms of `compound` only."""

Node: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Definition:
    """Where a name is defined.

    Attributes:
        module: Dotted name of its module: `compound.tool.function`.
        name: Its name there.
        node: The statement; None for a module, and for a name from outside `compound`.
    """

    module: str
    name: str
    node: Node | None

    def __hash__(self) -> int:
        return hash((self.module, self.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and (self.module, self.name) == (other.module, other.name)


def file_of(module: str) -> Path | None:
    """The file of a module of `compound`; the stub of a room that has one."""
    place = ROOT / Path(*module.split("."))
    for path in (place / "__init__.pyi", place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@cache
def statements(module: str) -> Mapping[str, ast.stmt]:
    """Name to the statement of a module that defines or imports it."""
    found: dict[str, ast.stmt] = {}
    path = file_of(module)
    if path is None:
        return found
    texts = [path] if path.suffix == ".py" else [path.with_suffix(".py"), path]
    for text in texts:
        for one in _flat(ast.parse(text.read_bytes()).body):
            for name in _names(one):
                known = found.get(name)  # a definition stays, unless it is an overload of a later one
                if not isinstance(known, ast.ClassDef | ast.FunctionDef) or isinstance(one, ast.FunctionDef):
                    found[name] = one
    return found


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, with those below `if TYPE_CHECKING`."""
    for one in body:
        if isinstance(one, ast.If):
            yield from _flat(one.body)
            yield from _flat(one.orelse)
        else:
            yield one


def _names(one: ast.stmt) -> Iterator[str]:
    match one:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            yield one.name
        case ast.Import() | ast.ImportFrom():
            yield from (name.asname or name.name.partition(".")[0] for name in one.names)
        case ast.Assign():
            yield from (target.id for target in one.targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


def locate(module: str, name: str) -> Definition | None:
    """The definition of a name as a module sees it; None for a builtin.

    Imports are followed to where the name is defined.
    """
    one = statements(module).get(name)
    if one is None:
        return Definition(f"{module}.{name}", "", None) if file_of(f"{module}.{name}") else None
    match one:
        case ast.ImportFrom():
            found = next(alias for alias in one.names if (alias.asname or alias.name) == name)
            origin = _absolute(module, one)
            if origin.split(".")[0] != "compound":
                return Definition(origin, found.name, None)
            return locate(origin, found.name)
        case ast.Import():
            found = next(alias for alias in one.names if (alias.asname or alias.name.partition(".")[0]) == name)
            return Definition(found.name, "", None)
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Assign() | ast.AnnAssign():
            return Definition(module, name, one)
        case _:
            raise TypeError(f"{module}.{name} is defined by {ast.dump(one)[:60]}")


def _absolute(module: str, one: ast.ImportFrom) -> str:
    if not one.level:
        return one.module or ""
    parts = module.split(".")
    path = file_of(module)
    package = parts if path is not None and path.stem == "__init__" else parts[:-1]
    package = package[: len(package) - one.level + 1]
    return ".".join([*package, *([one.module] if one.module else [])])


def members(one: Definition) -> Iterator[tuple[Definition, ast.stmt]]:
    """The public members of a class and of those classes of `compound` that it extends, each once, with its owner."""
    seen: set[str] = set()
    for owner in lineage(one):
        assert isinstance(owner.node, ast.ClassDef)
        for member in owner.node.body:
            for name in _names(member):
                if name not in seen and not _is_hidden(name, member, owner.node):
                    yield owner, member
                seen.add(name)


def lineage(one: Definition) -> Iterator[Definition]:
    """A class and the classes of `compound` that it extends."""
    if not isinstance(one.node, ast.ClassDef):
        return
    yield one
    for base in one.node.bases:
        for name in names_of(base):
            found = locate(one.module, name)
            if found is not None and isinstance(found.node, ast.ClassDef):
                yield from lineage(found)


def _is_hidden(name: str, member: ast.stmt, owner: ast.ClassDef) -> bool:
    if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
        if (ast.get_docstring(member) or "").startswith(INTERNAL):
            return True
        return name.startswith("_") and name not in {"__init__", "__call__"}
    if is_internal(name, ast.get_docstring(owner)):
        return True
    return name.startswith("_") or not isinstance(member, ast.Assign | ast.AnnAssign)


def mentioned(one: Definition) -> Iterator[tuple[str, str, ast.expr]]:
    """What the signature of a name mentions: module that it is written in, where, and the annotation."""
    match one.node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _of_function(one.module, one.name, one.node, ast.get_docstring(one.node))
        case ast.ClassDef():
            for owner, member in members(one):
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    text = ast.get_docstring(member if member.name != "__init__" else one.node)
                    yield from _of_function(owner.module, f"{one.name}.{member.name}", member, text)
                elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                    yield owner.module, f"{one.name}.{member.target.id}", member.annotation
        case ast.AnnAssign() | ast.Assign():
            if is_alias(one.node) and one.node.value is not None:
                yield one.module, one.name, one.node.value
        case None:
            return


def is_internal(name: str, text: str | None) -> bool:
    """If a docstring says of an argument or an attribute that it is for the rooms of `compound` only."""
    return f"    {name}: {INTERNAL}" in (text or "")


def _of_function(module: str, place: str, node: Function, text: str | None) -> Iterator[tuple[str, str, ast.expr]]:
    args = node.args
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if arg is not None and arg.annotation is not None and not is_internal(arg.arg, text):
            yield module, f"{place}({arg.arg})", arg.annotation
    if node.returns is not None:
        yield module, f"{place}()", node.returns


def is_alias(node: ast.AST | None) -> bool:
    """If a statement names a type: `Scalar: TypeAlias = str | int`, `Mode = Literal["a", "b"]`."""
    match node:
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Assign(value=ast.Subscript() | ast.BinOp(), targets=[ast.Name(id=name)]):
            return name[:1].isupper() and not name.isupper()
        case _:
            return False


def names_of(annotation: ast.expr) -> Iterator[str]:
    """The names in an annotation, those in its strings with them; `a.B` is `a`."""
    if isinstance(annotation, ast.Subscript) and getattr(annotation.value, "id", "") == "Literal":
        return
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield from names_of(ast.parse(annotation.value, mode="eval").body)
    elif isinstance(annotation, ast.Name):
        yield annotation.id
    elif isinstance(annotation, ast.Call):
        return
    else:
        for child in ast.iter_child_nodes(annotation):
            if isinstance(child, ast.expr):
                yield from names_of(child)


def docstring(one: Definition) -> str:
    """What the source says of a name: its docstring, or the text below an alias or a constant."""
    if isinstance(one.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.get_docstring(one.node) or ""
    path = file_of(one.module)
    if path is None:
        return ""
    body = list(_flat(ast.parse(path.read_bytes()).body))
    for at, statement in enumerate(body[:-1]):
        after = body[at + 1]
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if one.name in _names(statement) and isinstance(after, ast.Expr) and is_text:
            return inspect.cleandoc(str(ast.literal_eval(after.value)))
    return ""


def module_docstring(module: str) -> str:
    """The docstring of a room."""
    path = file_of(module)
    return "" if path is None else ast.get_docstring(ast.parse(path.with_suffix(".py").read_bytes())) or ""
