"""Prompts: what a template may do, and that one which asks for too much is refused, not obeyed."""

from __future__ import annotations

import pytest
from jinja2 import TemplateError

from compound.errors import ProjectError
from compound.graph.prompt.reading import read_template
from compound.graph.prompt.sandbox import compile_template

INPUTS = {"text": "Where is it?", "rows": [{"id": 1, "name": "lamp"}, {"id": 2, "name": "chair"}], "n": 1_000_000_000}


@pytest.mark.parametrize(
    ("template", "becomes"),
    [
        ("Dear {{ text }}", "Dear Where is it?"),
        ("{% for row in rows %}{{ loop.index }} {{ row.name|upper }};{% endfor %}", "1 LAMP;2 CHAIR;"),
        ("{{ rows|length * 2 + 1 }} {{ rows|map(attribute='id')|sum }}", "5 3"),
        ("{{ n }} {{ n|string|truncate(4, true, '') }} {{ n|round }}", "1000000000 1000 1000000000"),
        ("{{ '%05.1f'|format(2.25) }} {{ text|center(16) }}|", "002.2   Where is it?  |"),
        ("{{ 7 % 3 }}", "1"),
    ],
)
def test_what_a_prompt_is_for(template: str, becomes: str) -> None:
    assert compile_template(template, "p.md").render(INPUTS) == becomes


GREEDY = (
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ [0] * 1000000000 }}",
    "{{ 9999999999999999999 * 9999999999999999999 }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ '%*d'|format(1000000000, 1) }}",
    "{{ text|indent(width=1000000000) }}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{{ lipsum(n=100000) }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ text.__init__.__globals__ }}",
    "{{ rows.append(1) }}",
)


@pytest.mark.parametrize("template", GREEDY)
def test_greed_is_refused_when_filled_and_costs_nothing_when_read(template: str) -> None:
    read_template(template, "p.md")
    with pytest.raises((TemplateError, ProjectError)):
        compile_template(template, "p.md").render(INPUTS)


@pytest.mark.parametrize("template", ["{{ " + "(" * 5000 + ")" * 5000 + " }}", "{{ " + "9" * 5000 + " }}", "{% if %}"])
def test_what_cannot_be_read_says_where(template: str) -> None:
    for read in (read_template, compile_template):
        with pytest.raises(ProjectError) as caught:
            read(template, "p.md")
        assert caught.value.code == "graph.bad-prompt"
        assert caught.value.where
        assert caught.value.where.file == "p.md"


def test_a_macro_is_a_finding() -> None:
    found = read_template("{% macro twice() %}{{ twice() }}{{ twice() }}{% endmacro %}{{ twice() }}", "p.md")
    assert [problem.what for problem in found.problems] == ["a prompt has no macros"]
