"""A mail server on this machine: pymap speaks IMAP, aiosmtpd speaks SMTP, both with certificates of their own authority."""

from __future__ import annotations

import asyncio
import imaplib
import logging
import socket
import ssl
import threading
import time
from argparse import Namespace
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService
from pysasl.hashing import Cleartext

logging.getLogger("mail.log").setLevel(logging.ERROR)  # what aiosmtpd says of itself
USER, PASSWORD = "support@garden.example", "s3cret-of-the-garden"


class Post:
    """The servers of one account: letters of customers come in, answers go out.

    Attributes:
        taken: The letters that the SMTP server took, each once for every time that it was handed over.
        arrived: Set when the SMTP server has read a letter.
        go: The SMTP server says that it took a letter only when this is set.
        asked: Set when the SMTP server was asked to take a letter.
        agrees: The SMTP server agrees to take a letter only when this is set.
        refuses: What the SMTP server says to a recipient or a letter, by its address; empty: it takes it.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        issued = authority.issue_cert("localhost", "127.0.0.1")
        self._cert, self._key = folder / "cert.pem", folder / "key.pem"
        issued.private_key_pem.write_to_path(str(self._key))
        for blob in issued.cert_chain_pems:
            blob.write_to_path(str(self._cert), append=True)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued.configure_cert(self._context)
        self.taken: list[bytes] = []
        self.arrived, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.asked, self.agrees = threading.Event(), threading.Event()
        self.agrees.set()
        self.refuses: dict[str, str] = {}
        self.imap_port, self.smtp_port = _free_port(), _free_port()

    def __enter__(self) -> Post:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=[ready], daemon=True)
        self._thread.start()
        assert ready.wait(20)
        self._smtp = Controller(
            self,
            hostname="127.0.0.1",
            port=self.smtp_port,
            tls_context=self._context,
            require_starttls=True,
            auth_required=True,
            authenticator=_is_user,
        )
        self._smtp.start()
        with self.imap() as box:
            box.create("Sent")
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._smtp.stop()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._pymap(ready))
        self._loop.close()

    async def _pymap(self, ready: threading.Event) -> None:
        self._over = asyncio.Event()
        given: dict[str, Any] = {"host": ["127.0.0.1"], "port": self.imap_port, "cert": str(self._cert)}
        given |= {"key": str(self._key), "tls": True, "proxy_protocol": None, "inherited_sockets": None, "debug": False}
        given |= {"passlib_cfg": None, "demo_data": False, "demo_user": USER, "demo_password": PASSWORD}
        backend, config = await DictBackend.init(Namespace(**given), hash_context=Cleartext(), invalid_user_sleep=0.0)
        config.apply_context()
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            await IMAPService(backend, config).start(stack)
            ready.set()
            await self._over.wait()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take letters for an address, unless it is refused."""
        del server, session, options
        if said := self.refuses.get(address):
            return said
        self.asked.set()
        await asyncio.get_running_loop().run_in_executor(None, self.agrees.wait, 60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter; the answer waits for `go`."""
        del server, session
        assert isinstance(envelope.content, bytes)
        if said := self.refuses.get("letter"):
            return said
        self.taken.append(envelope.content)
        self.arrived.set()
        await asyncio.get_running_loop().run_in_executor(None, self.go.wait, 60)
        return "250 taken"

    def imap(self) -> imaplib.IMAP4:
        """A connection of a mail program."""
        box = imaplib.IMAP4("localhost", self.imap_port)
        box.starttls(ssl.create_default_context(cafile=str(self.ca_file)))
        box.login(USER, PASSWORD)
        return box

    def deliver(self, letter: EmailMessage | bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Put a letter into a folder."""
        raw = letter if isinstance(letter, bytes) else letter.as_bytes()
        with self.imap() as box:
            state, said = box.append(folder, f"({flags})" if flags else "", imaplib.Time2Internaldate(time.time()), raw)
            assert state == "OK", said

    def letters(self, folder: str = "INBOX") -> list[tuple[str, bytes]]:
        """The letters of a folder: flags and bytes."""
        with self.imap() as box:
            box.select(folder, readonly=True)
            _, found = box.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
        return [(one[0].decode(), one[1]) for one in found if isinstance(one, tuple)]

    def move(self, message_id: str, folder: str) -> None:
        """Move a letter out of the inbox, as a person does who files it."""
        with self.imap() as box:
            box.create(folder)
            box.select("INBOX")
            _, (uids,) = box.uid("SEARCH", "HEADER", "Message-ID", f'"<{message_id}>"')
            box.uid("MOVE", uids.decode(), folder)

    def table(self, **more: object) -> str:
        """The account as a table of the settings."""
        options = {
            "use": "imap",
            "address": USER,
            "name": "The garden",
            "password": "${env:MAIL_PASSWORD}",
            "imap": f"localhost:{self.imap_port}",
            "imap_security": "starttls",
            "smtp": f"localhost:{self.smtp_port}",
            "smtp_security": "starttls",
            "ca_file": str(self.ca_file),
            "timeout_s": 10,
            **more,
        }
        return toml(options)


def toml(options: Mapping[str, object]) -> str:
    """A table on one line."""
    shown = {name: f'"{one}"' if isinstance(one, str) else str(one).lower() for name, one in options.items()}
    return "{ " + ", ".join(f"{name} = {one}" for name, one in shown.items()) + " }"


def letter(
    text: str, *, sender: str = "ann@x.example", subject: str = "Water", answers: str = "", name: str = ""
) -> EmailMessage:
    """A letter to the account; `answers` is the id of the letter that it answers, `name` its own id."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, USER, subject
    made["Message-ID"] = f"<{name}>" if name else make_msgid(domain="x.example")
    if answers:
        made["In-Reply-To"] = made["References"] = f"<{answers}>"
    made.set_content(text)
    return made


def _is_user(server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: Any) -> AuthResult:
    del server, session, envelope, mechanism
    is_right = isinstance(auth, LoginPassword) and (auth.login, auth.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right)


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
