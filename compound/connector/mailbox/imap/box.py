"""A connection to an IMAP server: search, heads, letters, append, flags."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final, cast

from compound.connector.mailbox.imap.account import MailAccount
from compound.connector.mailbox.imap.letters import FIELDS, Head, head_of
from compound.errors import ConnectorError

_CHUNK: Final = 200
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID: Final = re.compile(rb"UID (\d+)")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_FLAGS: Final = re.compile(rb"FLAGS \(([^)]*)\)")
_DATE: Final = re.compile(rb'INTERNALDATE "([^"]+)"')
_FOLDER: Final = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)')
_DOWN: Final = "check the server and the network; the same command goes on where it stopped"


@contextmanager
def opened(account: MailAccount) -> Generator[Box]:
    """A connection, logged in.

    Raises:
        ConnectorError: `mailbox.unreachable`, `mailbox.denied`, `mailbox.no-folder`.
    """
    host, port = account.imap_at
    place = f"IMAP server {host}:{port}"
    try:
        with _connected(account) as connection:
            try:
                _log_in(connection, account)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                what = f"{place} does not accept the login of {account.login}"
                fix = "check user and password; many providers need a password for programs"
                raise ConnectorError("mailbox.denied", what, fix=fix) from None
            yield Box(connection, account, place)
    except (OSError, imaplib.IMAP4.abort) as error:
        what = f"{place} cannot be reached: {_said(error)}"
        raise ConnectorError("mailbox.unreachable", what, fix=_DOWN) from error
    except imaplib.IMAP4.error as error:
        raise ConnectorError("mailbox.refused", f"{place} refused a command: {_said(error)}", fix=_DOWN) from error


@contextmanager
def _connected(account: MailAccount) -> Generator[imaplib.IMAP4]:
    host, port = account.imap_at
    if account.imap_security == "tls":
        connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, port, ssl_context=account.trust(), timeout=account.timeout_s
        )
    else:
        connection = imaplib.IMAP4(host, port, timeout=account.timeout_s)
    try:
        if account.imap_security == "starttls":
            connection.starttls(account.trust())
        yield connection
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
        with contextlib.suppress(OSError):
            connection.shutdown()  # a logout that fails leaves the socket open


def _log_in(connection: imaplib.IMAP4, account: MailAccount) -> None:
    if "AUTH=PLAIN" in connection.capabilities:
        connection.authenticate("PLAIN", lambda _: f"\0{account.login}\0{account.password}".encode())
    else:
        connection.login(account.login, account.password)


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


class Box:
    """An open connection.

    Args:
        connection: Logged in.
        account: The account.
        place: The server, for errors.
    """

    def __init__(self, connection: imaplib.IMAP4, account: MailAccount, place: str) -> None:
        self._connection = connection
        self._account = account
        self._place = place
        self._selected: tuple[str, bool] | None = None
        self._sent = account.sent

    @property
    def sent(self) -> str:
        """The folder of sent letters: the declared one, else the one that the server marks.

        Raises:
            ConnectorError: `mailbox.no-folder`.
        """
        if not self._sent:
            _, lines = self._connection.list()
            folders = [one for line in lines if isinstance(line, bytes) and (one := _FOLDER.fullmatch(line))]
            named = [(one["flags"].lower(), _unquoted(one["name"])) for one in folders]
            marked = [name for flags, name in named if b"\\sent" in flags.split()]
            found = marked or [name for _, name in named if name.lower() in {"sent", "inbox.sent", "inbox/sent"}]
            if not found:
                what = f"{self._place} marks no folder as the one of sent letters"
                have = ", ".join(name for _, name in named)
                raise ConnectorError("mailbox.no-folder", what, fix=f'write sent = "NAME"; there are {have}')
            self._sent = found[0]
        return self._sent

    def since(self, folder: str, days: int) -> list[int]:
        """The letters of the last days."""
        day = time.gmtime(time.time() - days * 86_400)
        return self._search(folder, "SINCE", f"{day.tm_mday}-{_MONTHS[day.tm_mon - 1]}-{day.tm_year}")

    def having(self, folder: str, field: str, value: str) -> list[int]:
        """The letters whose field contains a value; none for a value that cannot be searched."""
        if not value.isascii() or any(ord(one) < 32 for one in value):
            return []
        return self._search(folder, "HEADER", field, _quoted(value))

    def _search(self, folder: str, *criteria: str) -> list[int]:
        self._select(folder)
        found = self._uid("SEARCH", *criteria)
        return [int(one) for line in found if isinstance(line, bytes) for one in line.split()]

    def heads(self, folder: str, uids: Sequence[int]) -> list[Head]:
        """The heads of letters; of those that are gone there is none."""
        self._select(folder)
        heads: list[Head] = []
        for begin in range(0, len(uids), _CHUNK):
            some = ",".join(str(one) for one in uids[begin : begin + _CHUNK])
            what = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({FIELDS})])"
            heads += [self._head(folder, about, raw) for about, raw in _literals(self._uid("FETCH", some, what))]
        return heads

    def _head(self, folder: str, about: bytes, raw: bytes) -> Head:
        uid, size, date, flags = (one.search(about) for one in (_UID, _SIZE, _DATE, _FLAGS))
        at = parsedate_to_datetime(date[1].decode().strip()).timestamp() if date else 0.0
        return head_of(
            raw,
            folder=folder,
            uid=int(uid[1]) if uid else 0,
            at=at,
            size=int(size[1]) if size else 0,
            flags=frozenset((flags[1] if flags else b"").decode("ascii", "replace").lower().split()),
            own=self._account.own,
            is_sent=folder == self._sent,
        )

    def letter(self, head: Head) -> bytes:
        """A whole letter, without marking it as read; empty if it is gone."""
        self._select(head.folder)
        found = _literals(self._uid("FETCH", str(head.uid), "(UID BODY.PEEK[])"))
        return found[0][1] if found else b""

    def append(self, folder: str, letter: bytes) -> None:
        """Store an answer that is about to be handed over."""
        now = imaplib.Time2Internaldate(time.time())
        self._ok(self._connection.append(_named(folder), r"(\Seen \Draft)", now, letter))

    def mark(self, folder: str, uid: int, change: str) -> None:
        r"""Change the flags of a letter: `-FLAGS (\Draft)`."""
        self._select(folder, for_writing=True)
        name, _, flags = change.partition(" ")
        self._uid("STORE", str(uid), name, flags)

    def remove(self, folder: str, uid: int) -> None:
        """Delete an answer that was not handed over."""
        self.mark(folder, uid, r"+FLAGS (\Deleted)")
        # Without UIDPLUS only this letter may go: others may be marked as deleted by people.
        with contextlib.suppress(imaplib.IMAP4.error):
            can = self._ok(self._connection.capability())
            if b"UIDPLUS" in b" ".join(one for one in can if isinstance(one, bytes)).upper().split():
                self._uid("EXPUNGE", str(uid))

    def _select(self, folder: str, *, for_writing: bool = False) -> None:
        if self._selected in {(folder, for_writing), (folder, True)}:
            return
        self._selected = None
        state, said = self._connection.select(_named(folder), readonly=not for_writing)
        if state != "OK":
            what = f"{self._place} cannot open the folder {folder!r}: {_answer(said)}"
            raise ConnectorError("mailbox.no-folder", what, fix="check inbox and sent of the mailbox")
        self._selected = (folder, for_writing)

    def _uid(self, command: str, *arguments: str) -> list[object]:
        return self._ok(self._connection.uid(command, *arguments))

    def _ok(self, answer: tuple[str, object]) -> list[object]:
        state, said = answer
        if state != "OK":
            raise imaplib.IMAP4.error(_answer(said))
        return cast("list[object]", said)


def _answer(said: object) -> str:
    parts = cast("list[object]", said) if isinstance(said, list) else [said]
    return " ".join(one.decode("utf-8", "replace") for one in parts if isinstance(one, bytes))[:200]


def _literals(answer: Sequence[object]) -> list[tuple[bytes, bytes]]:
    """The letters of an answer: what is said about each, before and behind it, and its bytes."""
    found: list[tuple[bytes, bytes]] = []
    for part in answer:
        if isinstance(part, tuple):
            about, raw = cast("tuple[bytes, bytes]", part)
            found.append((about, raw))
        elif isinstance(part, bytes) and found:
            found[-1] = (found[-1][0] + b" " + part, found[-1][1])
    return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _named(folder: str) -> str:
    """A folder's name as the protocol writes it (RFC 3501, 5.1.3)."""
    coded: list[str] = []
    for piece in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder):
        if piece.isascii():
            coded.append(piece.replace("&", "&-"))
        else:
            bits = base64.b64encode(piece.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
            coded.append(f"&{bits.decode()}-")
    return _quoted("".join(coded))


def _unquoted(name: bytes) -> str:
    """A folder's name from a list; words in other letters stay as the protocol writes them."""
    text = name.decode("ascii", "replace")
    if text.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return re.sub(r"&([^-]*)-", _decoded, text)


def _decoded(found: re.Match[str]) -> str:
    if not found[1]:
        return "&"
    bits = found[1].replace(",", "/")
    return base64.b64decode(bits + "=" * (-len(bits) % 4)).decode("utf-16-be", "replace")
