"""Sent replies: one file per effect key, written atomically and once."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast
from uuid import uuid4

import orjson

from compound.errors import ConnectorError
from compound.language.sha import sha

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sent message.

    Attributes:
        effect_key: Key of the effect; unique.
        kind: A reply to the sender of an item, or a transfer to a person.
        item_id: None for a transfer without an item.
        text: The reply, or the summary.
        sent_at: UTC seconds since 1970.
    """

    effect_key: str
    kind: Literal["reply", "transfer"]
    item_id: str | None
    text: str
    decision_id: str
    run_id: str
    sent_at: float


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SentFolder:
    """The folder of sent messages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, effect_key: str) -> Mapping[str, JsonValue] | None:
        """The stored record of an effect; None if it was not sent.

        Raises:
            ConnectorError: `mailbox.unreadable`.
        """
        path = self._path(effect_key)
        try:
            return cast("Mapping[str, JsonValue]", orjson.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise ConnectorError("mailbox.unreadable", f"{path} cannot be read: {error}") from error

    def sent(self, effect_key: str) -> Sent | None:
        """The message of an effect; None when it has not happened.

        Raises:
            ConnectorError: `mailbox.unreadable`.
        """
        record = self.find(effect_key)
        return None if record is None else _sent(cast("dict[str, JsonValue]", record["sent"]))

    def store(self, effect_key: str, record: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Store a record durably, or return the existing one.

        The file is written under a temporary name, synced and hard-linked: the write is atomic, and one of two writers
        wins.

        Raises:
            ConnectorError: `mailbox.disk-full`, `mailbox.cannot-write`; nothing was sent.
        """
        path = self._path(effect_key)
        temporary = path.with_name(f".{path.stem}-{uuid4().hex}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                stream.write(orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(temporary, path)
            except FileExistsError:
                return self.find(effect_key) or record
            _sync_folder(path.parent)
        except OSError as error:
            code = "mailbox.disk-full" if error.errno in _FULL else "mailbox.cannot-write"
            what = f"{path.parent} cannot be written: {error.strerror}"
            raise ConnectorError(code, what, fix="free some space, or check the folder's permissions") from error
        finally:
            temporary.unlink(missing_ok=True)
        return record

    def empty(self, run_ids: Collection[str], *, now: float) -> int:
        """Delete the texts that these runs sent; keys are kept, so that nothing is sent again. Returns the count.

        Args:
            run_ids: Finished runs.
            now: UTC seconds, stored as the time of deletion.
        """
        emptied = 0
        for path in self._folder.glob("*/*.json"):
            record = cast("dict[str, JsonValue]", orjson.loads(path.read_bytes()))
            sent = cast("dict[str, JsonValue]", record["sent"])
            if sent.get("run_id") not in run_ids or record.get("pruned_at") is not None:
                continue
            kept = {**record, "sent": {**sent, "text": ""}, "result": None, "pruned_at": now}
            temporary = path.with_name(f".{path.stem}-{uuid4().hex}.tmp")
            temporary.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
            temporary.replace(path)
            emptied += 1
        return emptied

    def __iter__(self) -> Iterator[Sent]:
        found = [cast("dict[str, JsonValue]", orjson.loads(p.read_bytes())) for p in self._folder.glob("*/*.json")]
        sent = [_sent(cast("dict[str, JsonValue]", record["sent"])) for record in found]
        yield from sorted(sent, key=lambda one: (one.sent_at, one.effect_key))

    def _path(self, effect_key: str) -> Path:
        name = sha(effect_key, 40)
        return self._folder / name[:2] / f"{name}.json"


def _sent(record: Mapping[str, JsonValue]) -> Sent:
    return Sent(**record)  # pyright: ignore[reportArgumentType]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
