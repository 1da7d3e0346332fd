"""Pages from templates: escaped, translated, with times and texts that show what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from compound.web.site.assets import root
from compound.web.site.keys import KEYS, own_keys
from compound.web.site.names import named
from compound.web.site.protect import NONCE
from compound.web.site.times import Moments, decimal
from compound.web.site.visible import chips
from compound.web.site.words import LANGUAGES, Words, chosen

if TYPE_CHECKING:
    from fastapi import Request

    from compound.web.identity.people import Person

TEMPLATES: Final = Path(__file__).parents[1] / "templates"


class Pages:
    """Renders the templates of `compound/web/templates`.

    Args:
        title: Name of the project.
    """

    def __init__(self, title: str) -> None:
        self.title = title

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.filters["chips"] = chips
        return environment

    def render(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any] | None = None,
        *,
        person: Person | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """A page as a response, in the language and the theme of the person."""
        words = Words.of(chosen(request, person))
        theme = "" if person is None else str(person.settings.get("theme", ""))
        shared = {
            "project": self.title,
            "static": root(),
            "person": person,
            "rights": set[str]() if person is None else {one.value for one in person.rights},
            "nonce": request.scope[NONCE],
            "path": request.url.path,
            "here": _here(request),
            "language": words.language,
            "languages": LANGUAGES,
            "direction": words.direction,
            "theme": theme,
            "keys": KEYS,
            "own_keys": {} if person is None else own_keys(person),
            "csrf": "" if person is None else person.csrf,
            "moment": Moments(words).show,
            "decimal": partial(decimal, words),
            "named": partial(named, words=words),
            "_": words.text,
            "gettext": words.text,
            "ngettext": words.plural,
        }
        text = self._environment.get_template(template).render({**shared, **(values or {})})
        return HTMLResponse(text, status_code=status)


def _here(request: Request) -> str:
    """Where a small form of the page leads back to: the page; empty if it is the answer to a form."""
    if request.method != "GET":
        return ""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
