"""Answers as letters, and their way over SMTP."""

from __future__ import annotations

import contextlib
import re
import smtplib
from collections.abc import Generator
from contextlib import contextmanager
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from typing import Final, cast

from compound.connector.mailbox.imap.account import MailAccount
from compound.connector.mailbox.imap.letters import Head
from compound.errors import ConnectorError, EffectInDoubt, EffectRefused
from compound.language.sha import sha

OURS: Final = "compound."
"""How the id of every answer that this program sends begins."""
_REPLY: Final = re.compile(r"\s*(re|aw|sv|antw|rif|r)\s*(\[\d+\])?\s*:", re.IGNORECASE)
_MOST_PARENTS: Final = 20
_DOWN: Final = "check the server and the network; the same command goes on where it stopped"


def id_of(account: MailAccount, key: str) -> str:
    """The Message-ID of an effect's letter: the same for every attempt."""
    return f"{OURS}{sha(key, 40)}@{account.address.partition('@')[2]}"


def answer_to(account: MailAccount, head: Head, key: str, text: str) -> EmailMessage:
    """An answer to a letter, in its conversation."""
    subject = head.subject if _REPLY.match(head.subject) else f"Re: {head.subject}".strip()
    letter = _letter(account, head.sender, subject, key, text)
    parents = [*reversed(head.parents), head.id]
    kept = [*parents[:1], *parents[1:][-_MOST_PARENTS:]]
    letter["In-Reply-To"] = f"<{head.id}>"
    letter["References"] = " ".join(f"<{one}>" for one in kept)
    return letter


def note_to_team(account: MailAccount, head: Head, key: str, text: str) -> EmailMessage:
    """A letter to the team about a conversation. It is not part of it: the customer must never be answered into it."""
    if not account.team:
        what = "this mailbox has no address of the team to transfer to"
        raise EffectRefused("effect.no-team", what, fix='write team = "ADDRESS" into the mailbox\'s table')
    return _letter(account, account.team, f"Transfer: {head.subject} ({head.sender})", key, text)


def _letter(account: MailAccount, to: str, subject: str, key: str, text: str) -> EmailMessage:
    letter = EmailMessage(policy=policy.SMTP)
    user, _, domain = account.address.rpartition("@")
    letter["From"] = Address(account.name, user, domain)
    try:
        user, _, domain = to.rpartition("@")
        letter["To"] = Address("", user, domain)
    except (ValueError, IndexError) as error:
        raise EffectRefused("effect.undeliverable", f"{to!r} is not an address that a letter can be sent to") from error
    letter["Subject"] = subject
    letter["Date"] = format_datetime(localtime())
    letter["Message-ID"] = f"<{id_of(account, key)}>"
    letter.set_content(text)
    return letter


def recipient_of(letter: EmailMessage) -> str:
    """The address that a letter goes to."""
    return cast("tuple[Address, ...]", letter["To"].addresses)[0].addr_spec


@contextmanager
def handed(account: MailAccount, to: str) -> Generator[Handover]:
    """A connection whose server has agreed to take a letter for an address.

    Raises:
        ConnectorError: `mailbox.unreachable`, `mailbox.denied`, `mailbox.refused`: nothing was sent.
        EffectRefused: `effect.undeliverable`: the server does not take letters for this address.
    """
    host, port = account.smtp_at
    place = f"SMTP server {host}:{port}"
    try:
        server = _connected(account)
    except smtplib.SMTPAuthenticationError:
        what = f"{place} does not accept the login of {account.login}"
        raise ConnectorError("mailbox.denied", what, fix="check user and password") from None
    except (OSError, smtplib.SMTPException) as error:
        what = f"{place} cannot be reached: {' '.join(str(error).split())[:200]}"
        raise ConnectorError("mailbox.unreachable", what, fix=_DOWN) from error
    try:
        _agree(server, account, to, place)
        yield Handover(server, place)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected(account: MailAccount) -> smtplib.SMTP:
    host, port = account.smtp_at
    if account.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=account.timeout_s, context=account.trust())
    else:
        server = smtplib.SMTP(host, port, timeout=account.timeout_s)
    try:
        if account.smtp_security == "starttls":
            server.starttls(context=account.trust())
        server.ehlo_or_helo_if_needed()
        if server.has_extn("auth"):
            server.login(account.login, account.password)
    except BaseException:
        server.close()
        raise
    return server


def _agree(server: smtplib.SMTP, account: MailAccount, to: str, place: str) -> None:
    try:
        options = [] if to.isascii() and account.address.isascii() else ["SMTPUTF8"]
        if options and not server.has_extn("smtputf8"):
            what = f"{place} takes no letters to addresses with other letters than a-z: {to}"
            raise EffectRefused("effect.undeliverable", what)
        _taken(server.mail(account.address, options), f"{place} does not take letters from {account.address}")
        code, said = server.rcpt(to)
    except (OSError, smtplib.SMTPException) as error:
        raise ConnectorError("mailbox.unreachable", f"{place} broke off: {error}", fix=_DOWN) from error
    if code >= 500:
        what = f"{place} does not take letters for {to}: {code} {_line(said)}"
        raise EffectRefused("effect.undeliverable", what, fix="check the customer's address")
    _taken((code, said), f"{place} does not take the letter now")


def _taken(answer: tuple[int, bytes], what: str) -> None:
    code, said = answer
    if code not in {250, 251, 252}:
        raise ConnectorError("mailbox.refused", f"{what}: {code} {_line(said)}", fix="the same command tries again")


def _line(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:200]


class Handover:
    """A server that waits for the letter."""

    def __init__(self, server: smtplib.SMTP, place: str) -> None:
        self._server = server
        self._place = place

    def give(self, letter: bytes) -> None:
        """Hand the letter over.

        Raises:
            EffectRefused: `effect.undeliverable`; ConnectorError: `mailbox.refused`: nothing was sent.
            EffectInDoubt: `mailbox.in-doubt`: the connection broke before the server answered.
        """
        try:
            code, said = self._server.data(letter)
        except smtplib.SMTPDataError as error:  # it did not even want the text
            answer = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            code, said = error.smtp_code, answer
        except (OSError, smtplib.SMTPException) as error:
            what = f"{self._place} broke off before it said whether it took the letter"
            raise EffectInDoubt(
                "mailbox.in-doubt", what, fix="look into the mailbox, then reconcile the effect"
            ) from error
        if code >= 500:
            raise EffectRefused("effect.undeliverable", f"{self._place} refused the letter: {code} {_line(said)}")
        _taken((code, said), f"{self._place} does not take the letter now")
