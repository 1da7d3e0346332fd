"""Jinja for prompts: reads values and repeats text for each of them, with almost no computation.

A prompt must not run code, load a file, or take longer than the size of its inputs justifies. So `range`, macros and
powers are removed, factors and widths are bounded, and nothing is computed while a prompt is only checked (Jinja
computes constant expressions when it compiles).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import Template
from jinja2.exceptions import SecurityError
from jinja2.meta import TrackingCodeGenerator
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from compound.errors import Location, ProjectError

MOST_WIDTH: Final = 10_000
MOST_NUMBER: Final = 10**18
_WIDE: Final = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)")
_KEPT_GLOBALS: Final = ("dict",)

BROKEN: Final = (TemplateError, ValueError, SyntaxError, RecursionError, MemoryError, OverflowError)
"""Exceptions of Jinja and of Python's compiler for an invalid template."""


class _NoConstants(CodeGenerator):
    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:  # noqa: ANN401 -- a type of Jinja's own
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Names(_NoConstants, TrackingCodeGenerator):
    """Collects the placeholders of a template."""


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """The only environment of prompts."""

    code_generator_class = _NoConstants
    intercepted_binops = frozenset(("**", "*", "%"))

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=False,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
        )
        self.globals = {name: self.globals[name] for name in _KEPT_GLOBALS}
        self.filters = {name: _bounded(name, each) for name, each in self.filters.items()}

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Refuse arithmetic that could grow without bounds.

        Raises:
            SecurityError: A power, a repeated text or list, a formatted text, or a huge factor.
        """
        if (
            operator == "**"
            or not isinstance(left, int | float)
            or not isinstance(right, int | float)
            or max(abs(left), abs(right)) > MOST_NUMBER
        ):
            raise SecurityError(f"a prompt cannot compute with {operator} here; do it in a tool")
        return super().call_binop(context, operator, left, right)


def _bounded(name: str, each: Callable[..., object]) -> Callable[..., object]:
    """A filter whose widths and counts are bounded."""
    given = 2 if hasattr(each, "jinja_pass_arg") else 1

    @wraps(each)
    def run(*args: object, **kwargs: object) -> object:
        for value in (*args[given:], *kwargs.values()):
            if isinstance(value, int) and abs(value) > MOST_WIDTH:
                raise SecurityError(f"{name}: {value} is more than {MOST_WIDTH:,}")
        if name == "format" and _WIDE.search(str(args[0])):
            raise SecurityError("format: widths have at most three digits")
        return each(*args, **kwargs)

    return run


def compile_template(text: str, path: str) -> Template:
    """A sandboxed template: no access to internals, unknown placeholders or files.

    Raises:
        ProjectError: ``graph.bad-prompt``: the template is invalid.
    """
    try:
        return PromptEnvironment().from_string(text)
    except BROKEN as error:
        raise bad_prompt(error, path) from None


def bad_prompt(error: Exception, path: str) -> ProjectError:
    """The problem of a template, and its place."""
    line = int(getattr(error, "lineno", 0) or 0)
    if not isinstance(error, TemplateError):
        line = 0  # a line of Jinja's generated code
    what = f"the prompt cannot be read: {str(error) or type(error).__name__}"
    return ProjectError("graph.bad-prompt", what, fix="correct the template", where=Location(path, line))


def names_of(tree: nodes.Template) -> frozenset[str]:
    """The placeholders of a template."""
    generator = _Names(tree.environment)  # pyright: ignore[reportArgumentType] -- always set by a parser
    generator.visit(tree)
    return frozenset(generator.undeclared_identifiers)
