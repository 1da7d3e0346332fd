"""Every error code in the sources, with what its message says: found in the syntax trees, nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("compound", "tools", "connectors", "evals")
_WITHOUT = frozenset(
    {
        "compound/spec/python/source.py",
        "compound/connector/state/serving/tables.py",
        "compound/connector/state/serving/webhooks.py",
    }
)
"""What looks like a code there is `graph.input` of the builder, or the name of an event."""
_CODE = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)")
_FILE_ENDINGS = (".yaml", ".yml", ".json", ".db", ".toml", ".md", ".txt", ".sql", ".py", ".safetensors", ".sarif")
_ERRORS = re.compile(r"(\w*Error|EffectRefused|Finding|InvalidFile)$")
# What `compound check` looks with: not the readers of other declared files, which come into play when they are opened.
_CHECKED = re.compile(
    r"compound/(language/(?!environment)|spec/((?!\w+_file\.py|form/kinds\.py|form/format\.py)|graph_file|policy_file)|graph/checks/)"
)
# What has a dotted name too, and is none: log events, audit events, names of spans.
_EVENT_CALLS = frozenset(
    {"debug", "info", "warning", "error", "exception", "critical", "record", "append_audit", "child"}
)
# A code that is put together: its head, and every way it can end.
ENDINGS: Mapping[str, Sequence[str]] = {
    "effect.": ("refused", "failed", "unknown", "cancelled"),  # graph.services.EffectOutcome
    "project.unknown-": ("tool", "check", "sql", "prompt"),  # project._services
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One place in the sources that names a code.

    Attributes:
        error: Class that carries it: `ProjectError`, `Finding`; empty where it is passed on.
        what: The message, with `<name>` for what is filled in; empty where it cannot be told.
        is_check: `compound check` reports it.
    """

    code: str
    file: str
    line: int
    error: str = ""
    what: str = ""
    fix: str = ""
    is_check: bool = False


def all_sites(root: Path = ROOT) -> list[Site]:
    """Every place that names a code, by file and line.

    Raises:
        ValueError: a code is put together at run time, and `ENDINGS` does not say how it can end.
    """
    return list(_all_sites(root))


@cache
def _all_sites(root: Path) -> list[Site]:
    trees = {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        if "_templates" not in path.parts  # their codes belong to the projects that they become
        if path.relative_to(root).as_posix() not in _WITHOUT
    }
    families = {code.split(".")[0] for tree in trees.values() for code in _raised(tree)}
    return [site for file, tree in trees.items() for site in _sites(file, tree, families)]


def by_code(sites: Sequence[Site]) -> dict[str, list[Site]]:
    """The sites of each code, in the order of the code."""
    found: dict[str, list[Site]] = {}
    for site in sorted(sites, key=lambda one: one.code):
        found.setdefault(site.code, []).append(site)
    return found


def _raised(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _ERRORS.search(_name(node.func)):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and _CODE.fullmatch(first.value):
                yield first.value


def _sites(file: str, tree: ast.Module, families: set[str]) -> Iterator[Site]:
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    is_check = bool(_CHECKED.match(file))
    for node in ast.walk(tree):
        for code in _codes(node, parents, file):
            if code.split(".")[0] not in families or _is_event(node, parents):
                continue
            error, what, fix = _message(node, parents)
            line: int = getattr(node, "lineno", 0)
            yield Site(code=code, file=file, line=line, error=error, what=what, fix=fix, is_check=is_check)


def _codes(node: ast.AST, parents: Mapping[ast.AST, ast.AST], file: str) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        inside_text = isinstance(parents.get(node), ast.JoinedStr)
        if _CODE.fullmatch(node.value) and not node.value.endswith(_FILE_ENDINGS) and not inside_text:
            yield node.value
    elif isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[0], ast.Constant):
        head = str(node.values[0].value)
        if re.fullmatch(r"[a-z]+\.([a-z-]+-)?", head) and not _is_event(node, parents):
            if head not in ENDINGS:
                if not _is_code_place(node, parents):
                    return
                raise ValueError(f"{file}:{node.lineno}: how can the code {ast.unparse(node)} end? say it in ENDINGS")
            yield from (head + end for end in ENDINGS[head])


def _is_code_place(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    call = parents.get(node)
    return isinstance(call, ast.Call) and bool(_ERRORS.search(_name(call.func))) and call.args[:1] == [node]


def _is_event(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    while not isinstance(node, ast.stmt):
        above = parents[node]
        if isinstance(above, ast.Call) and node is not above.func and _name(above.func) in _EVENT_CALLS:
            return True
        node = above
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(one, ast.Name) and one.id in {"event", "name"} for one in targets)


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute) and func.attr == "error" and ast.unparse(func.value).endswith("step"):
        return "NodeError"  # step.error(...) makes one
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")


def _message(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> tuple[str, str, str]:
    """Class, message and fix that go with a code: what follows it in its call, tuple or record."""
    around = parents.get(node)
    error, head, named = "", "", dict[str, ast.expr]()
    rest: list[ast.expr] = []
    match around:
        case ast.Call(func=func, args=args, keywords=words):
            error = _name(func) if _ERRORS.search(_name(func)) else ""
            named = {word.arg: word.value for word in words if word.arg}
            rest = [one for one in _after(args, node) if not _is_place(one)]
            head = "" if error or args[0] is node or not _is_text(args[0]) else "… "
        case ast.Tuple(elts=items):
            rest = _after(items, node)
            head = "" if items[0] is node else "… "
        case ast.Dict(keys=keys, values=values):
            named = {str(ast.literal_eval(key)): one for key, one in zip(keys, values, strict=True) if _is_text(key)}
        case _:
            pass
    positional = iter(rest)
    what = _template(named.get("what") or named.get("message") or next(positional, None), node, parents)
    fix = _template(named.get("fix") or next(positional, None), node, parents)
    # A row of a table of symptoms holds the end of a sentence; its beginning names the file.
    return error, head + what if what else "", fix


def _after(items: Sequence[ast.expr], node: ast.AST) -> list[ast.expr]:
    place = next((index for index, one in enumerate(items) if one is node), len(items))
    return list(items[place + 1 :])


def _is_text(node: ast.expr | None) -> TypeGuard[ast.expr]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_place(node: ast.expr) -> bool:
    return "where" in ast.unparse(node) or "source" in ast.unparse(node) or "Location" in ast.unparse(node)


def _template(value: ast.expr | None, site: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> str:
    """A message as text; what is filled in stands as `<name>`. Empty where it is no text."""
    if isinstance(value, ast.IfExp):
        value = value.body
    match value:
        case ast.Name(id=name):
            found = _assigned(name, site, parents)
            return _template(found, found or site, parents)
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_piece(one) for one in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _template(left, site, parents) + _template(right, site, parents)
        case ast.Call() if _name(value.func) == "choices":
            return "choices: <…>"
        case _:
            return ""


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if not isinstance(part, ast.FormattedValue):
        return ""
    inner = part.value
    if isinstance(inner, ast.Call) and _name(inner.func) == "choices":
        return "choices: <…>"
    name = _placeholder(inner)
    return f"'<{name}>'" if part.conversion == ord("r") else f"<{name}>"


def _placeholder(value: ast.expr) -> str:
    match value:
        case ast.Attribute(attr="__name__"):
            return "type"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_")
        case ast.Subscript(value=inner):
            return _placeholder(inner)
        case ast.Call(func=ast.Attribute(attr="join")):
            return "…"
        case ast.Call(func=ast.Attribute(value=inner)) | ast.Call(func=ast.Name(), args=[inner, *_]):
            return _placeholder(inner)
        case _:
            return "…"


def _assigned(name: str, site: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.expr | None:
    """What a local name was last given before the site, inside the same function."""
    function = site
    while function in parents and not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        function = parents[function]
    line: int = getattr(site, "lineno", 0)
    found = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Assign) and one.lineno < line and any(_is_named(target, name) for target in one.targets)
    ]
    return max(found, key=lambda one: one.lineno).value if found else None


def _is_named(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name
