"""Options of a mail account."""

from __future__ import annotations

import re
import ssl
from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from compound.connector.mailbox.options import ServiceOptions, is_loopback

Security = Literal["tls", "starttls", "plain"]
_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_IMAP: Final = {"tls": 993, "starttls": 143, "plain": 143}
_SMTP: Final = {"tls": 465, "starttls": 587, "plain": 25}


class MailAccount(ServiceOptions):
    """A mail account.

    Attributes:
        address: The address that customers write to, and that answers come from.
        name: Name beside the address.
        aliases: Further addresses of the team: what comes from them is ours.
        user: Name to log in with; default: the address.
        password: Write `${env:NAME}`.
        imap: `host` or `host:port` of the IMAP server.
        smtp: `host` or `host:port` of the SMTP server.
        imap_security: `tls` (the default), `starttls`, or `plain`, only to this machine.
        smtp_security: As `imap_security`.
        ca_file: File with the certificates of your own authority; default: those of the system.
        inbox: Folder that is read.
        sent: Folder of sent letters; default: the one that the server marks as such.
        team: Address that `tx.transfer` writes to; empty: no transfers.
        days: Only letters of the last days.
        max_letter_bytes: A larger letter is a dead letter.
    """

    address: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    user: str = ""
    password: str = Field(repr=False)
    imap: str
    smtp: str
    imap_security: Security = "tls"
    smtp_security: Security = "tls"
    ca_file: str = ""
    inbox: str = "INBOX"
    sent: str = ""
    team: str = ""
    days: int = Field(default=30, ge=1)
    max_letter_bytes: int = Field(default=31_457_280, ge=1)

    @field_validator("address", "team")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("it is not an address like support@example.com")
        return value

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        for key, server, security in (("imap", self.imap, self.imap_security), ("smtp", self.smtp, self.smtp_security)):
            if security == "plain" and not is_loopback(_host(server)):
                what = f"{key}_security is plain, which is allowed only to this machine; write tls or starttls"
                raise ValueError(what)
        return self

    @property
    def login(self) -> str:
        """The name to log in with."""
        return self.user or self.address

    @property
    def imap_at(self) -> tuple[str, int]:
        """Host and port of the IMAP server."""
        return _host(self.imap), _port(self.imap) or _IMAP[self.imap_security]

    @property
    def smtp_at(self) -> tuple[str, int]:
        """Host and port of the SMTP server."""
        return _host(self.smtp), _port(self.smtp) or _SMTP[self.smtp_security]

    @property
    def own(self) -> frozenset[str]:
        """The addresses of the team, in lower case."""
        return frozenset(one.lower() for one in (self.address, self.team, *self.aliases) if one)

    def trust(self) -> ssl.SSLContext:
        """The context of encrypted connections: the certificate and its name are checked."""
        return ssl.create_default_context(cafile=self.ca_file or None)


def _host(server: str) -> str:
    return server if server.count(":") != 1 else server.partition(":")[0]


def _port(server: str) -> int:
    port = server.partition(":")[2] if server.count(":") == 1 else ""
    return int(port) if port.isdigit() else 0
