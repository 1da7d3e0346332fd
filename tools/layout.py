"""What in a mail is not the letter itself: list numbers, quoted mails, notices that programs append."""

from __future__ import annotations

import re

Span = tuple[int, int]

_NUMBER = re.compile(r"(?:(?<=\s)|^)\(?(\d{1,2})[.)](?=\s)")
_QUOTE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_INTRODUCED = re.compile(
    r"^[^\n]{0,80}\b(?:wrote|schrieb|escribió|escribio|écrit)\b[^\n]{0,20}:[ \t]*$(?=\n[ \t]*>)", re.MULTILINE
)
_NOTICES = re.compile(
    r"""^[ \t]*(?:
        (?:sent|get\ outlook|written)\ (?:from|for|with|on)\ (?:my|a|your)\ \w+[^\n.]{0,40}
      | (?:(?:diese\ (?:e-?mail|nachricht)\ wurde\ )?(?:gesendet|gesandt)\ )?von\ (?:meine[mr]|unterwegs)\ [\w-]+\ ?(?:aus\ )?(?:gesendet|gesandt|geschickt)[^\n.]{0,40}
      | gesendet\ (?:mit|von)\ [^\n.]{0,40}
      | enviado\ (?:desde|con)\ (?:mi|el)\ [^\n.]{0,40}
      | (?:this\ (?:e-?mail|message)[^\n]{0,60}confidential|diese\ (?:e-?mail|nachricht)[^\n]{0,40}vertraulich
        |este\ (?:correo|mensaje)[^\n]{0,60}confidencial)[^\n]{0,300}
    )\.?[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def list_numbers(text: str) -> list[Span]:
    """Where a list is counted: `1)`, `(2)`, `3.`; only from one on, in order, and to two at least."""
    spans: list[Span] = []
    for match in _NUMBER.finditer(text):
        if int(match.group(1)) == len(spans) + 1:
            spans.append(match.span())
    return spans if len(spans) > 1 else []


def appended(text: str) -> list[Span]:
    """Quoted mails with the line that introduces them, and notices of programs and lawyers at the end of a mail."""
    spans = [match.span() for pattern in (_QUOTE, _INTRODUCED, _NOTICES) for match in pattern.finditer(text)]
    return sorted(spans)
