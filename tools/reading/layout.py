"""Parts of a mail that are not the letter itself: list numbers, quoted mails, notices appended by programs."""

from __future__ import annotations

import re

from .mail_parts import Span, quoted

_NUMBER = re.compile(r"(?:(?<=\s)|^)\(?(\d{1,2})[.)](?=\s)")
_NOTICES = re.compile(
    r"""^[ \t]*(?:
        (?:sent|written)\ (?:from|on|with|by)\ (?:my|a|the)\ [\w-]+(?:\ [\w-]+)?
            (?:,?\ (?:please\ )?(?:excuse|forgive|pardon|sorry\ for)(?:\ any|\ my|\ the)?\ (?:typos?|brevity|mistakes))?
      | (?:gesendet\ )?(?:von|mit)\ (?:meine[mr]|unterwegs)(?:\ [\w-]+)?(?:\ (?:aus\ )?(?:gesendet|gesandt|geschickt))?
      | enviado\ (?:desde|con)\ (?:mi|el)\ [\w-]+(?:\ [\w-]+)?
      | (?:this|the)\ (?:e-?mail|message)(?:\ and\ any\ attachments?)?\ (?:may\ contain|contains?|is|are)\ (?:only\ )?(?:strictly\ )?
            (?:confidential|privileged)(?:\ (?:and|or)\ \w+)?(?:\ information)?
      | if\ you\ are\ not\ the\ (?:intended\ )?(?:addressee|recipient),?\ please\ (?:delete|destroy)\ (?:it|this\ (?:e-?mail|message))
      | diese\ (?:e-?mail|nachricht)\ (?:ist|enthält)\ vertraulich(?:e\ informationen)?
            (?:\ und\ (?:nur\ )?für\ den\ (?:empfänger|adressaten)\ bestimmt)?
      | este\ (?:correo|mensaje)\ (?:es|puede\ (?:ser|contener\ información))\ confidencial
            (?:\ y\ (?:solo|va\ dirigido|está\ dirigido)[^\n.]{0,40})?
    )[ \t]*(?:[.!](?=\s|$)|$)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def list_numbers(text: str) -> list[Span]:
    """Numbered lists: `1)`, `(2)`, `3.`; only from one on, in order, and to two at least."""
    spans: list[Span] = []
    for match in _NUMBER.finditer(text):
        if int(match.group(1)) == len(spans) + 1:
            spans.append(match.span())
    return spans if len(spans) > 1 else []


def appended(text: str) -> list[Span]:
    """Quoted and forwarded mails, and notices of programs and lawyers at the end of a mail."""
    return sorted([*quoted(text), *notices(text)])


def notices(text: str) -> list[Span]:
    """Sentences that mail programs and legal departments append; one right after another does not start a new line."""
    spans: list[Span] = []
    for match in _NOTICES.finditer(text):
        spans.append(match.span())
        follows = _NOTICES.match(text[match.end() :].lstrip(" "))
        if follows:
            start = text.index(follows.group(), match.end())
            spans.append((start, start + len(follows.group())))
    return spans
