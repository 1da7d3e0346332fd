"""Names that pages show of statuses, decisions and kinds: the data has them as identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.web.site.words import N_

if TYPE_CHECKING:
    from compound.web.site.words import Words

NAMES: Final = {
    # decisions
    "approve": N_("approve"),
    "edit": N_("edit"),
    "reject": N_("reject"),
    "return": N_("return"),
    "escalate": N_("escalate"),
    # reviews
    "pending": N_("undecided"),
    "in_review": N_("in review"),
    "awaiting_second": N_("second approval"),
    "decided": N_("decided"),
    "stale": N_("out of date"),
    "snoozed": N_("put aside"),
    "expired": N_("expired"),
    "withdrawn": N_("withdrawn"),
    # effects
    "sent": N_("sent"),
    "scheduled": N_("planned"),
    "sending": N_("being sent"),
    "done": N_("done"),
    "failed": N_("failed"),
    "refused": N_("refused"),
    "unknown": N_("unknown"),
    "cancelled": N_("cancelled"),
    # runs
    "skipped": N_("skipped"),
    "waiting": N_("waiting"),
    # evidence of an edit
    "instruction": N_("instruction"),
}
"""Identifier to its name in English."""


def named(name: str, words: Words) -> str:
    """The name of an identifier in a language; names that a project chose are shown as they are, as words."""
    known = NAMES.get(name)
    return name.replace("_", " ") if known is None else words.text(known)
