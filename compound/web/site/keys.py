"""The single-letter keys of the pages, and the ones that a person has in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import DataError
from compound.web.site.words import N_

if TYPE_CHECKING:
    from compound.web.identity.people import Person

KEYS: Final[Mapping[str, str]] = {
    "j": N_("next in a list; skip a review"),
    "k": N_("previous in a list"),
    "x": N_("select in the list; escalate on a review"),
    "A": N_("approve the selected ready ones"),
    "o": N_("open the next text before drafts are approved together"),
    "e": N_("edit"),
    "r": N_("reject"),
    "b": N_("return with an instruction"),
    "s": N_("snooze"),
    "c": N_("keep holding a review"),
    "z": N_("undo"),
    "n": N_("next review, after a decision"),
    "/": N_("search"),
    "?": N_("this help"),
}
"""Key to what it does; each can be another one, or all are off (WCAG 2.2, 2.1.4)."""
FIELD: Final = "key."
"""Beginning of the name of a field with a key."""


def own_keys(person: Person) -> Mapping[str, str]:
    """Key to the one that the person uses in its place; only those that differ."""
    stored = cast("object", person.settings.get("keys"))
    chosen = cast("Mapping[str, Any]", stored) if isinstance(stored, dict) else {}
    return {key: str(mine) for key, mine in chosen.items() if key in KEYS and mine != key}


def keys_of_form(form: Mapping[str, str]) -> dict[str, str] | None:
    """The keys that a form says; None if it is about something else. An empty field is the usual key.

    Raises:
        DataError: `web.setting`: not one character, or two things with the same key.
    """
    if not any(name.startswith(FIELD) for name in form):
        return None
    chosen = {key: form.get(f"{FIELD}{key}", "").strip() or key for key in KEYS}
    for key, mine in chosen.items():
        if len(mine) != 1 or not mine.isprintable() or mine.isdigit():
            what = f"{mine[:40]!r} cannot be the key of {key!r}"
            raise DataError("web.setting", what, fix="use one letter or sign; digits lead to the evidence")
        same = next((other for other, its in chosen.items() if its == mine and other != key), None)
        if same is not None:
            what = f"{mine!r} would be the key of two things, {key!r} and {same!r}"
            raise DataError("web.setting", what, fix="give each its own")
    return {key: mine for key, mine in chosen.items() if mine != key}
