"""Parses the text of references and conditions into trees.

Syntax that Python lacks is rewritten first (`$name` -> `name`, `a ?? b` -> `a | b`, `a?` -> `a[...]`), then
Python's own parser reads the text and a whitelist accepts the nodes it knows. Python never evaluates anything.

Precedence, tightest first: `. [] ?`, `len()`, `* / // %`, `+ -`, `??`, comparisons and `in`, `not`, `and`,
`or`.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from functools import lru_cache
from typing import Final

from compound.language.references import (
    Arithmetic,
    Both,
    Calc,
    Coalesce,
    Compare,
    Comparison,
    Constant,
    Expr,
    Length,
    ListOf,
    Not,
    Ref,
    parts,
)

MAX_LENGTH: Final = 2_000
MAX_NESTING: Final = 30

_TOO_LONG: Final = 10**20

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
      | (?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)
      | (?P<coalesce>\?\?)
      | (?P<maybe>\?)
      | (?P<op>==|!=|<=|>=|//|[<>+\-*/%()\[\],.])""",
    re.VERBOSE,
)
_WORDS: Final = {"and", "or", "not", "in"}
_SOLID: Final = {"name", "number", "text"}
_LITERALS: Final = {"true": "True", "false": "False", "null": "None", "none": "None"}
_MANGLED: Final = "kw__"
_COMPARISONS: Final[dict[type[ast.cmpop], Comparison]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], Arithmetic]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip


class ExpressionError(ValueError):
    """The text is not a reference or condition; `str()` is the reason."""


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Expr:
    """Parse a condition: `intent.label != 'other' and len($orders?) > 0`.

    Raises:
        ExpressionError: The text is too long, is malformed, or uses something outside the language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    rewritten = _rewrite(text)
    try:
        # Python would warn about an unknown escape such as '\\d', which is text here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(rewritten, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"cannot be read: {error.msg}") from None
    except UnicodeError:
        raise ExpressionError("half a character (a lone surrogate) is not allowed") from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("cannot be read: nested too deeply, or a number too long") from None
    return _convert(tree, 0)


@lru_cache(maxsize=4096)
def parse_reference(text: str) -> Expr:
    """Parse the value of an `in`: `$orders?`, `$review.text ?? $draft.text`.

    Raises:
        ExpressionError: As `parse_condition`; or it computes something.
    """
    expr = parse_condition(text)
    if not all(isinstance(one, Ref | Constant | Coalesce | ListOf) for one in parts(expr)):
        raise ExpressionError("only references and ?? are allowed here; compute in a condition or a tool")
    return expr


def _rewrite(text: str) -> str:
    out: list[str] = []
    at, before, is_dotted = 0, "", False
    touches = False
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(f"unexpected {text[at : at + 12]!r} at character {at + 1}")
        kind, token = found.lastgroup, found.group()
        at = found.end()
        if kind == "space":
            out.append(" ")
            touches = False
            continue
        # Tokens that Python reads as one literal (`1_000`, `0x1F`, `b'a'`, `'a' 'b'`, `1.`) are not literals here.
        if (
            (touches and kind in _SOLID and before in _SOLID)
            or (kind == before == "text")
            or (touches and before == "number" and token == ".")
        ):
            raise ExpressionError(f"an operator is missing before {token!r}")
        touches = True
        if kind == "name":
            token = _name(token, is_dotted=is_dotted)
        elif kind == "coalesce":
            token = "|"
        elif kind == "maybe":
            if before not in {"name", "]"}:
                raise ExpressionError("`?` must follow a reference")
            token = "[...]"
        out.append(token)
        is_dotted = token == "."
        before = token if token == "]" else kind or ""
    return "".join(out)


def _name(token: str, *, is_dotted: bool) -> str:
    bare = token.removeprefix("$")
    if is_dotted or token.startswith("$"):
        if is_dotted and token.startswith("$"):
            raise ExpressionError("`$` is only allowed before the first name of a reference")
        return _MANGLED + bare if keyword.iskeyword(bare) or bare.startswith(_MANGLED) else bare
    if bare in _LITERALS:
        return _LITERALS[bare]
    if bare in _WORDS or bare in {"True", "False", "None"}:
        return bare
    if keyword.iskeyword(bare):
        raise ExpressionError(f"{bare!r} is not a word of this language")
    return bare


def _convert(tree: ast.expr, depth: int) -> Expr:  # noqa: C901, PLR0911, PLR0912 - one branch per kind of tree
    if depth > MAX_NESTING:
        raise ExpressionError("nested too deeply")
    below = depth + 1
    match tree:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return _reference(tree)
        case ast.Constant(value=value):
            return _constant(value)
        case ast.List(elts=items):
            return ListOf(tuple(_convert(item, below) for item in items))
        case ast.BoolOp(op=op, values=items):
            return Both(isinstance(op, ast.And), tuple(_convert(item, below) for item in items))
        case ast.UnaryOp(op=ast.Not(), operand=item):
            return Not(_convert(item, below))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if not isinstance(
            number, bool
        ):
            return _constant(-number)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compare(left, ops, others, below)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _coalesce(_convert(left, below), _convert(right, below))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return Calc(_ARITHMETIC[type(op)], _convert(left, below), _convert(right, below))
        case ast.Call(func=ast.Name(id="len"), args=[item], keywords=[]):
            return Length(_convert(item, below))
        case ast.Call():
            raise ExpressionError("the only function is len()")
        case _:
            raise ExpressionError(f"{type(tree).__name__} is not part of this language")


def _constant(value: object) -> Constant:
    if value is None or isinstance(value, bool | str):
        return Constant(value)
    if isinstance(value, int):
        if abs(value) >= _TOO_LONG:
            raise ExpressionError("a number has at most 20 digits")
        return Constant(value)
    if isinstance(value, float) and math.isfinite(value):
        return Constant(value)
    raise ExpressionError("only null, true, false, finite numbers and quoted text are literals")


def _compare(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], depth: int) -> Compare:
    rest: list[tuple[Comparison, Expr]] = []
    for op, other in zip(ops, others, strict=True):
        if type(op) not in _COMPARISONS:
            raise ExpressionError("use == and !=, also for null")
        rest.append((_COMPARISONS[type(op)], _convert(other, depth)))
    return Compare(_convert(left, depth), tuple(rest))


def _coalesce(left: Expr, right: Expr) -> Coalesce:
    first = left.items if isinstance(left, Coalesce) else (left,)
    last = right.items if isinstance(right, Coalesce) else (right,)
    return Coalesce((*first, *last))


def _reference(tree: ast.expr) -> Ref:
    steps: list[str | int] = []
    is_optional = False
    while True:
        match tree:
            case ast.Attribute(value=inner, attr=name):
                steps.append(_unmangle(name))
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)) if key is ...:
                is_optional = True
            case ast.Subscript(value=inner, slice=ast.Constant(value=str() | int() as key)) if not isinstance(
                key, bool
            ):
                steps.append(key)
            case ast.Subscript(value=inner, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as key))):
                steps.append(-key)
            case ast.Name(id=root):
                return Ref(_unmangle(root), tuple(reversed(steps)), is_optional)
            case _:
                raise ExpressionError("a reference is names joined by dots, with [0] or ['key']")
        tree = inner


def _unmangle(name: str) -> str:
    return name.removeprefix(_MANGLED)
