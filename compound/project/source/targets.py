"""The declared targets of a project: every `connectors/NAME.yaml` of a record store or mailbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.errors import Location, ProjectError
from compound.project.source.files import read_file

if TYPE_CHECKING:
    from compound.connector.records.names import RowNames
    from compound.spec.mailbox_file import MailboxFile
    from compound.spec.records_file import RecordsFile

RECORDS: Final = "records"
MAILBOX: Final = "mailbox"
CONNECTORS: Final = "connectors"
DEFAULT_MAILBOX: Final = "mail"
"""The default mailbox of a project that declares none: it sends replies without a file."""

_SAYS: Final = re.compile(r"^[\"']?compound[\"']?\s*:\s*[\"']?([A-Za-z_-]+)", re.MULTILINE)
_OTHERS: Final = frozenset({"models", "lakehouse", "mcp"})
"""Files of other kinds."""
_TAKEN: Final = frozenset(
    {"artifacts", "batch", "cache", "cases", "checkpoints", "index", "lakehouse", "mcp", "models", "node_cache"}
    | {"plugins", "schema", "state", "traces"}
)
"""Other content of a profile's state folder."""


class TargetFiles:
    """The declared targets of a project. The name of a file is the name of its target.

    Args:
        root: The project.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Target to `records` or `mailbox`, sorted by name."""
        declared = {name: kind for name, kind in self._said.items() if kind in {RECORDS, MAILBOX}}
        if MAILBOX in declared.values() or DEFAULT_MAILBOX in self._said:
            return declared
        return dict(sorted({**declared, DEFAULT_MAILBOX: MAILBOX}.items()))

    @cached_property
    def _said(self) -> Mapping[str, str]:
        """File to the kind in its first line, also if unknown."""
        found: dict[str, str] = {}
        for path in sorted((self._root / CONNECTORS).glob("*.yaml")):
            said = _SAYS.search(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
            if said is not None and path.stem not in _OTHERS:
                found[path.stem] = said.group(1)
        return found

    @property
    def records(self) -> tuple[str, ...]:
        """The names of the record stores."""
        return tuple(name for name, kind in self.kinds.items() if kind == RECORDS)

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """The names of the mailboxes."""
        return tuple(name for name, kind in self.kinds.items() if kind == MAILBOX)

    @property
    def without_kind(self) -> tuple[str, ...]:
        """Files without a kind; they are not targets."""
        names = (path.stem for path in sorted((self._root / CONNECTORS).glob("*.yaml")))
        return tuple(name for name in names if name not in self._said and name not in _OTHERS)

    def has_file(self, name: str) -> bool:
        """Whether a file with this name exists, of any kind."""
        return (self._root / CONNECTORS / f"{name}.yaml").is_file()

    def read(self, name: str) -> RecordsFile | MailboxFile:
        """The parsed file of a target.

        Raises:
            ProjectError: `project.reserved-name`, `project.no-file`, `project.bad-file`, `file.unknown-kind`; `yaml.*`.
        """
        from compound.spec.form.kinds import kind_of
        from compound.spec.yaml.reading import read_yaml_file

        if self.kinds.get(name) == RECORDS:
            return self.read_records(name)
        if self.kinds.get(name) == MAILBOX:
            return self.read_mailbox(name)
        shown = _shown(name)
        kind = kind_of(read_yaml_file(self._root / shown, shown), shown)
        what = f"{shown} is {kind.title}, not a target of effects"
        raise ProjectError("file.unknown-kind", what, fix=f"write it as {kind.places[0]}", where=Location(shown, 1))

    def read_records(self, name: str) -> RecordsFile:
        """The parsed file of a record store; raises as `read`."""
        from compound.spec.records_file import RecordsFile

        _refuse_taken(name)
        return read_file(self._root / _shown(name), RecordsFile, _shown(name))

    def read_mailbox(self, name: str) -> MailboxFile:
        """The parsed file of a mailbox; raises as `read`."""
        from compound.spec.mailbox_file import MailboxFile

        if name == DEFAULT_MAILBOX and not self.has_file(name):
            return MailboxFile()
        _refuse_taken(name)
        return read_file(self._root / _shown(name), MailboxFile, _shown(name))

    @cached_property
    def rows(self) -> Mapping[str, RowNames]:
        """Record store to its row names; raises as `read` if a file is invalid."""
        from compound.connector.records.names import RowNames

        kinds = {name: frozenset(self.read_records(name).documents) for name in self.records}
        return {name: RowNames.among(name, kinds) for name in kinds}


def _shown(name: str) -> str:
    return f"{CONNECTORS}/{name}.yaml"


def _refuse_taken(name: str) -> None:
    if name in _TAKEN:
        what = f"{name!r} is reserved: the state folder has a file or folder with this name"
        fix = f"rename the file, and the target in @effect(target={name!r})"
        raise ProjectError("project.reserved-name", what, fix=fix, where=Location(_shown(name), 1))
