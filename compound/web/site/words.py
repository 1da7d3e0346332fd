"""The words of the pages in four languages, from the PO files of `compound/web/locale`."""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import Request

    from compound.web.identity.people import Person

LOCALE: Final = Path(__file__).parents[1] / "locale"
LANGUAGES: Final = {"en": "English", "de": "Deutsch", "es": "Español", "ar": "العربية"}
"""Language to its name in itself."""
_RIGHT_TO_LEFT: Final = frozenset({"ar"})


def N_(message: str) -> str:
    """Marks a text that is translated where it is shown."""
    return message


class Words:
    """The words of one language.

    Attributes:
        language: `en`, `de`, `es`, `ar`.
    """

    def __init__(self, language: str, translations: NullTranslations) -> None:
        self.language = language
        self._translations = translations

    @staticmethod
    @lru_cache(maxsize=len(LANGUAGES))
    def of(language: str) -> Words:
        """A language; read once."""
        return Words(language, _read(language))

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return "rtl" if self.language in _RIGHT_TO_LEFT else "ltr"

    def text(self, message: str) -> str:
        """A message in this language."""
        return self._translations.gettext(message)

    def plural(self, one: str, many: str, n: int) -> str:
        """The form of a message for a number."""
        return self._translations.ngettext(one, many, n)


ENGLISH: Final = Words("en", NullTranslations())
"""The words as the program has them."""


def chosen(request: Request, person: Person | None) -> str:
    """The language of a page: the person's, else the first that the browser asks for and we have, else English."""
    wanted = None if person is None else person.settings.get("language")
    if wanted in LANGUAGES:
        return str(wanted)
    for part in request.headers.get("accept-language", "").split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


def _read(language: str) -> NullTranslations:
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    packed = BytesIO()
    with path.open("rb") as file:
        write_mo(packed, read_po(file, locale=language))
    packed.seek(0)
    return GNUTranslations(packed)
