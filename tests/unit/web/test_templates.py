"""Every template that the code or another template names is there, and every template is named."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, meta

import compound.web

WEB = Path(compound.web.__file__).parent
TEMPLATES = WEB / "templates"
FILES = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")}
PAGES = sorted(name for name in FILES if name.endswith(".html"))
NAME = re.compile(r"""["']([a-z_/]+\.html)["']""")


def named_in_code() -> set[str]:
    """The names in Python; one without a folder is put behind its own folder where it is rendered."""
    return {name for path in WEB.rglob("*.py") for name in NAME.findall(path.read_text(encoding="utf-8"))}


def named_in(template: str) -> set[str]:
    parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        (TEMPLATES / template).read_text(encoding="utf-8")
    )
    return {name for name in meta.find_referenced_templates(parsed) if name is not None}


def is_file(name: str) -> bool:
    return name in FILES or ("/" not in name and any(file.endswith(f"/{name}") for file in FILES))


@pytest.mark.parametrize("template", PAGES)
def test_a_template_names_templates_that_are_there(template: str) -> None:
    assert named_in(template) <= FILES


def test_the_code_names_templates_that_are_there() -> None:
    missing = sorted(name for name in named_in_code() if not is_file(name))
    assert missing == []


def test_every_template_is_named() -> None:
    named = named_in_code() | {name for file in PAGES for name in named_in(file)}
    unused = sorted(file for file in PAGES if file not in named and file.rsplit("/", 1)[-1] not in named)
    assert unused == []
