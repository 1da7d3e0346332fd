"""`/settings`: what a person sets for the pages: language, theme, keys."""

from __future__ import annotations

from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import DataError, choices
from compound.web.door.access import caller
from compound.web.door.back import HOME, inside
from compound.web.identity.people import Person
from compound.web.site.keys import keys_of_form
from compound.web.site.place import place_of
from compound.web.site.words import LANGUAGES

router = APIRouter()
THEMES: Final = ("light", "dark")
SETTINGS: Final = {"language": ("", *LANGUAGES), "theme": ("", *THEMES), "shortcuts": ("", "off")}
"""Setting to its values; the empty one leaves it to the browser, or to the program."""


@router.get("/settings")
async def show(request: Request, person: Annotated[Person, Depends(caller)]) -> Response:
    """The settings of a person."""
    return place_of(request).pages.render(request, "settings/settings.html", person=person)


@router.post("/settings")
async def change(request: Request, person: Annotated[Person, Depends(caller)]) -> Response:
    """Store what a form says; what it does not name stays.

    Raises:
        DataError: `web.setting`.
    """
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    given: dict[str, object] = {name: form[name] for name in SETTINGS if name in form}
    for name, value in given.items():
        if value not in SETTINGS[name]:
            what = f"{str(value)[:40]!r} is not a value of the setting {name}"
            raise DataError("web.setting", what, fix=choices([one for one in SETTINGS[name] if one], str(value)))
    keys = keys_of_form(form)
    if keys is not None:
        given["keys"] = keys
    await to_thread.run_sync(lambda: place_of(request).people.set(person.name, **given))
    return RedirectResponse(inside(form.get("back", HOME)), status_code=303)
