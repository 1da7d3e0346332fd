"""Times and numbers for people: times relative, with the exact one beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

if TYPE_CHECKING:
    from compound.web.site.words import Words


class Moments:
    """Times in one language."""

    def __init__(self, words: Words) -> None:
        self._language = words.language

    def show(self, iso: str | None, *, now: datetime | None = None) -> Markup:
        """An ISO time as `<time>`: `12 minutes ago`, the exact one on hover; empty without a time."""
        if not iso:
            return Markup("")
        then = datetime.fromisoformat(iso)
        apart = then - (now or datetime.now(UTC))
        text = format_timedelta(apart, add_direction=True, locale=self._language)
        exact = format_datetime(then, "medium", locale=self._language, tzinfo=UTC)
        return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(iso, exact, text)


def decimal(words: Words, value: float, digits: int) -> str:
    """A number with as many decimal places, as the language writes it: `0,950`."""
    return format_decimal(value, f"#,##0.{'0' * digits}" if digits else "#,##0", locale=words.language)
