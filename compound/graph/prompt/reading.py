"""Parses a prompt template without filling it: its placeholders, and unknown filters and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from compound.errors import choices

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.environment import Environment


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """A mistake in a template.

    Attributes:
        kind: `field`: the field does not exist; `null`: the value may be null; `name`: unknown filter or test;
            `template`: it cannot be filled at all.
        near: The text to look for on the line.
    """

    kind: str
    line: int
    near: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template as a tree.

    Attributes:
        names: Its placeholders.
        problems: Unknown filters and tests, and other templates that it would load.
    """

    tree: nodes.Template
    names: frozenset[str]
    problems: tuple[TemplateProblem, ...]


@lru_cache(maxsize=256)
def read_template(text: str, path: str) -> Template:
    """Parse a template.

    Raises:
        ProjectError: ``graph.bad-prompt``: it is invalid.
    """
    from compound.graph.prompt.sandbox import BROKEN, PromptEnvironment, bad_prompt, names_of

    environment = PromptEnvironment()
    try:
        tree = environment.parse(text)
        problems = tuple(_problems(tree, environment))
        # A stand-in for each unknown name lets the rest be read too: one run finds everything.
        for one in problems:
            environment.filters.setdefault(one.near, str)
            environment.tests.setdefault(one.near, callable)
        names = names_of(tree)
    except BROKEN as error:
        raise bad_prompt(error, path) from None
    return Template(tree, names, problems)


def _problems(tree: nodes.Template, environment: Environment) -> Iterator[TemplateProblem]:
    from jinja2 import nodes

    for kind, known, word in ((nodes.Filter, environment.filters, "filter"), (nodes.Test, environment.tests, "test")):
        for found in tree.find_all(kind):
            if found.name not in known:
                what = f"no {word} is named {found.name!r}"
                yield TemplateProblem("name", found.lineno, found.name, what, choices(list(known), found.name))
    for found in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        what = "a prompt cannot load other templates"
        yield TemplateProblem("template", found.lineno, "{%", what, "write the text here, or pass it as an input")
    for found in tree.find_all((nodes.Macro, nodes.CallBlock)):
        yield TemplateProblem(
            "template", found.lineno, "{%", "a prompt has no macros", "write the text where it is needed"
        )


def column_of(text: str, problem: TemplateProblem) -> int:
    """Column of a problem on its line, from 1; 0 if unknown."""
    lines = text.splitlines()
    if not 0 < problem.line <= len(lines) or not problem.near:
        return 0
    found = re.search(rf"(?<![A-Za-z0-9_]){re.escape(problem.near)}(?![A-Za-z0-9_])", lines[problem.line - 1])
    return found.start() + 1 if found else 0
