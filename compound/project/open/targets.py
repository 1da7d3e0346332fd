"""Targets of effects, opened when the first effect needs them: a graph without effects opens no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from pathlib import Path

    from compound.connector.mailbox.mailbox import Mailbox
    from compound.connector.mailbox.remote import Correspondence
    from compound.connector.mailbox.service import MailService
    from compound.connector.records.records import Records
    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.project.source.targets import TargetFiles

T = TypeVar("T")


class OpenedByName(Mapping[str, T], Generic[T]):
    """Objects by name, each opened once on first use, by any thread.

    Args:
        makers: Name to the function that opens it.
    """

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        self._makers = makers
        self._opened: dict[str, T] = {}
        self._lock = RLock()

    def __getitem__(self, name: str) -> T:
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._makers[name]()
            return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def open_records(settings: Settings, files: TargetFiles, parts: ProjectParts, name: str, url: str = "") -> Records:
    """A record store of the profile, with the project's effects; `url` overrides the profile's."""
    from compound.connector.records.records import RecordsSetup
    from compound.plugins import TARGETS

    setup = RecordsSetup(
        name=name,
        effects=lambda effect: parts.effects[effect],
        url=url or settings.records_url(name),
        lock_wait_s=settings.profile.lock_wait_s,
        file=files.read_records(name),
        rows=files.rows[name],
    )
    return cast("Records", TARGETS.make("records", setup))


def open_mailbox(home: Path, files: TargetFiles, parts: ProjectParts, name: str) -> Mailbox:
    """A mailbox whose replies are written below a state folder; they reach nobody else."""
    from compound.connector.mailbox.mailbox import MailboxSetup
    from compound.plugins import TARGETS

    file = files.read_mailbox(name)
    setup = MailboxSetup(name=name, folder=home / name, effects=lambda effect: parts.effects[effect], file=file)
    return cast("Mailbox", TARGETS.make("mailbox", setup))


def open_service(
    home: Path, files: TargetFiles, parts: ProjectParts, name: str, make: Callable[[], object], known: Correspondence
) -> Mailbox:
    """A mailbox at the service that `make` opens when it is first needed."""
    from compound.connector.mailbox.remote import RemoteMailbox

    return RemoteMailbox(
        name,
        lambda: cast("MailService", make()),
        home / name,
        files.read_mailbox(name),
        effects=lambda effect: parts.effects[effect],
        known=known,
    )
