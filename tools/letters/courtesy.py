"""The frame of a letter: greeting, closing, writer and subject, in three languages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..lexicon.compiled import is_everyday
from ..lexicon.greetings import GREETINGS, LONGEST
from ..lexicon.words import fold

if TYPE_CHECKING:
    from .script import Script

CLOSINGS = frozenset(
    """best regards kind warm warmly warmest many thanks thank thx cheers sincerely yours faithfully respectfully all
    wishes love xx viele liebe beste freundliche herzliche schone mit gruss grusse grussen danke lg vg mfg bg hochachtungsvoll
    saludos saludo un cordiales cordial atentamente gracias muchas mil abrazo""".split()
)
_FORMULAS = frozenset(
    (
        "to whom it may concern", "a quien corresponda", "a quien pueda interesar", "an alle", "hallo zusammen",
        "hola equipo",
    )
)  # fmt: skip


def is_courtesy(script: Script, said: Sequence[int], names: Collection[str]) -> bool:
    """Whether a sentence only greets or closes the letter.

    Args:
        script: The annotated text.
        said: Indexes of the sentence's words, marks left out.
        names: Folded words of the customer's own name, address and e-mail.
    """
    if not said or len(said) > LONGEST or any(at in script.entities for at in said):
        return False
    texts = [fold(script.words[at].raw) for at in said]
    if " ".join(texts) in _FORMULAS:
        return True
    if texts[0] in GREETINGS:
        busy = script.tagged("act", "ask", "demand")
        return not any(at in busy or _is_thing(script, at) for at in said[1:])
    return texts[0] in CLOSINGS and all(
        text in CLOSINGS or text in names or _is_name(script, at) for text, at in zip(texts, said, strict=True)
    )


def _is_thing(script: Script, at: int) -> bool:
    return any(hit.kind == "thing" and at in hit.parts for hit in script.found)


def _is_name(script: Script, at: int) -> bool:
    raw = script.words[at].raw
    return raw[:1].isupper() and not is_everyday(raw) and not _is_thing(script, at)
