"""References and conditions: what is understood, what it comes to, what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.language.conditions import ExpressionError, parse_condition, parse_reference
from compound.language.references import (
    ABSENT,
    Both,
    Calc,
    Coalesce,
    Compare,
    Constant,
    EvaluationError,
    Expr,
    Length,
    ListOf,
    Not,
    Ref,
    compile_expr,
    references,
)
from tests.support.specs import exprs, roots

SCOPE: dict[str, Any] = {
    "a": {"n": 3, "s": "text", "none": None, "list": [1, 2], "class": "kw", "deep": {"x": True}},
    "gone": ABSENT,
}


@dataclass(frozen=True, kw_only=True)
class Case:
    text: str
    value: object


CASES = (
    Case(text="a.n == 3", value=True),
    Case(text="$a.n > 3 or a.s == 'text'", value=True),
    Case(text="0 <= a.n < 3", value=False),
    Case(text="a.n in [1, 3]", value=True),
    Case(text="'ex' in a.s", value=True),
    Case(text="'q' not in a.s", value=True),
    Case(text="'deep' in a", value=True),
    Case(text="a.deep in a", value=False),
    Case(text="a.list in a", value=False),
    Case(text="not a.deep.x", value=False),
    Case(text="len(a.list) * 2 + 1", value=5),
    Case(text="a.n // 2 - -1", value=2),
    Case(text="a.none == null", value=True),
    Case(text="a.none > 1", value=False),
    Case(text="len(a.none)", value=0),
    Case(text="a.class", value="kw"),
    Case(text="a['class']", value="kw"),
    Case(text="a.list[-1]", value=2),
    Case(text="gone == 1", value=ABSENT),
    Case(text="gone? == null", value=True),
    Case(text="gone.x? == null", value=True),
    Case(text="gone ?? a.none ?? 'last'", value="last"),
    Case(text="(gone ?? 2) > 1", value=True),
    Case(text="gone ?? 2 > 1", value=True),
    Case(text="a.none.x ?? 1", value=1),
    Case(text="nobody", value=ABSENT),
    Case(text="a.s + '!'", value="text!"),
    Case(text="true and not false", value=True),
    Case(text="a.n == 3 and gone == 1", value=ABSENT),
    Case(text="a.n == 4 and gone == 1", value=False),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_value(case: Case) -> None:
    assert compile_expr(parse_condition(case.text))(SCOPE) == case.value


@pytest.mark.parametrize(
    "text",
    [
        "1_000 > a.n",
        "a.n == 0x1F",
        "a.n == 1.",
        "a.n == 1j",
        "a.n == " + "3" * 400,
        "a.n == -" + "3" * 400,
        "a.n == -1e999",
        "a.s == b'x'",
        "a.s == u'x'",
        "a.s == f'{a}'",
        "a.s == 'x' 'y'",
        "5and a.n",
        "a.s == '\ud83d'",
        "a.s = 'x'",
        "",
        "a.b(",
        "__import__('os')",
        "a.n.__class__()",
        "lambda: 1",
        "[x for x in a]",
        "a if b else c",
        "a := 1",
        "f'{a}'",
        "a ** 9",
        "a | b",
        "a & b",
        "{1: 2}",
        "a.$b",
        "?a",
        "a == b'x'",
        "1e999",
        "a is null",
        "await a",
        "a; b",
        "import os",
        "*a",
        "a[1:2]",
        "a[b]",
        "(a ?? b).c",
        "len(a, b)",
        "x" * 3000,
        "(" * 900 + "a" + ")" * 900,
        "not " * 100 + "a",
        "\x00",
        "a\\b",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_condition(text)


def test_what_is_not_understood_is_named() -> None:
    with pytest.raises(ExpressionError, match="unexpected '= 3' at character 5"):
        parse_condition("a.n = 3")


@pytest.mark.filterwarnings("error")
def test_an_unknown_escape_is_no_matter_of_python_warnings() -> None:
    assert parse_condition("a.s == '\\d'") == Compare(Ref("a", ("s",), False), (("==", Constant("\\d")),))


@pytest.mark.parametrize("text", ["$a == 1", "$a + 1", "not $a", "len($a)", "$a and $b"])
def test_inputs_only_refer(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_reference(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a.nn", "the record has"),
        ("a.s.x", "cannot be read from a text"),
        ("a.s < 1", "cannot be compared"),
        ("1 / 0", "zero"),
        ("a.s * 2", "is not arithmetic"),
        ("1 in a.n", "needs a list"),
        ("len(a.n)", "len() needs"),
    ],
)
def test_evaluation_says_why_not(text: str, says: str) -> None:
    with pytest.raises(EvaluationError, match=says.replace("(", r"\(").replace(")", r"\)")):
        compile_expr(parse_condition(text))(SCOPE)


def test_shielding() -> None:
    found = {str(ref): shielded for ref, shielded in references(parse_condition("a ?? b.c > d? and e == 1"))}
    assert found == {"a": True, "b.c": False, "d?": True, "e": False}


def write(expr: Expr) -> str:  # noqa: PLR0911 - one arm per kind
    match expr:
        case Ref(root, steps, is_optional):
            path = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
            return f"${root}{path}{'?' if is_optional else ''}"
        case Constant(value):
            words = {"None": "null", "True": "true", "False": "false"}
            return words.get(repr(value), repr(value))
        case ListOf(items):
            return f"[{', '.join(write(item) for item in items)}]"
        case Coalesce(items):
            return "(" + " ?? ".join(write(item) for item in items) + ")"
        case Compare(first, rest):
            return f"({write(first)} {' '.join(f'{op} ({write(item)})' for op, item in rest)})"
        case Both(is_all, items):
            return "(" + (" and " if is_all else " or ").join(f"({write(item)})" for item in items) + ")"
        case Not(item):
            return f"(not {write(item)})"
        case Calc(op, left, right):
            return f"(({write(left)}) {op} ({write(right)}))"
        case Length(item):
            return f"len({write(item)})"


@settings(max_examples=150, deadline=None)
@given(exprs)
def test_what_is_written_is_parsed_back(expr: Expr) -> None:
    assert parse_condition(write(expr)) == expr


@settings(max_examples=150, deadline=None)
@given(
    exprs,
    st.dictionaries(roots, st.none() | st.integers(0, 3) | st.just({"a": 1}) | st.just(ABSENT), max_size=3),
)
def test_evaluation_gives_a_value_or_says_why(expr: Expr, scope: dict[str, Any]) -> None:
    try:
        value = compile_expr(expr)(scope)
    except EvaluationError as error:
        assert str(error)  # noqa: PT017 - any other exception is the failure
    else:
        assert value is ABSENT or value is None or isinstance(value, bool | int | float | str | list | dict)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text(alphabet="ab.$?[]()'\"=<>!+-*/%, \n0notrd", max_size=40))
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        parse_condition(text)
    except ExpressionError as error:
        assert str(error)  # noqa: PT017 - any other exception is the failure
