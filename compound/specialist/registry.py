"""Versions of specialists in a folder, and their aliases."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from compound.errors import CompoundError, ProjectError, choices
from compound.specialist.files import MODEL, read_certificate
from compound.specialist.scope import TextEmbedder
from compound.specialist.specialist import Specialist
from compound.specialist.types import Certificate

_ALIASES: Final = "aliases.json"
PRODUCTION, PREVIOUS = "production", "previous"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A row of the list of versions.

    Attributes:
        aliases: Its aliases: `production`, `previous`.
        certificate: None if it cannot be read.
        trained_at: UTC seconds.
    """

    name: str
    version: str
    aliases: tuple[str, ...]
    certificate: Certificate | None
    trained_at: float


class Registry:
    """`<root>/<name>/<version>/`, and `<root>/<name>/aliases.json` from alias to version.

    Args:
        root: Folder of all specialists of a profile; created with the first one.
        embedder: Returns the project's embedder; None: no embedder, so nothing is automated.
    """

    def __init__(self, root: Path, embedder: Callable[[], TextEmbedder] | None = None) -> None:
        self.root = root
        self._embedder = embedder

    def resolve(self, ref: str) -> Specialist:
        """The specialist `name@alias` or `name@version`; default: `production`.

        Raises:
            ProjectError: `specialist.unknown`: it was never trained, or the alias does not exist.
            ConnectorError: `specialist.damaged`.
        """
        name, _, wanted = ref.partition("@")
        aliases = self.aliases(name)
        version = aliases.get(wanted or PRODUCTION, wanted)
        folder = self.root / name / version
        if not version or not (folder / MODEL).is_file():
            known = sorted({*aliases, *self.versions(name)})
            raise ProjectError(
                "specialist.unknown",
                f"specialist {ref!r} does not exist; {choices(known, wanted)}",
                fix=f"compound train {name}",
            )
        return Specialist.load(folder, self._embedder() if self._embedder else None)

    def versions(self, name: str) -> list[str]:
        """Every version of a specialist, oldest first."""
        found = [path.parent for path in (self.root / name).glob(f"*/{MODEL}") if not path.parent.name.startswith(".")]
        return [path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]

    def rows(self, name: str) -> list[VersionRow]:
        """Every version of a specialist with its certificate, newest first."""
        aliases = self.aliases(name)
        return [
            VersionRow(
                name=name,
                version=version,
                aliases=tuple(sorted(alias for alias, one in aliases.items() if one == version)),
                certificate=self.certificate(name, version),
                trained_at=(self.root / name / version / MODEL).stat().st_mtime,
            )
            for version in reversed(self.versions(name))
        ]

    def certificate(self, name: str, version: str) -> Certificate | None:
        """The certificate of a version; None if there is none, or the version cannot be loaded."""
        try:
            Specialist.load(self.root / name / version)
            return read_certificate(self.root / name / version)[0]
        except (CompoundError, OSError, ValueError, TypeError, KeyError):
            return None

    def aliases(self, name: str) -> dict[str, str]:
        """Alias to version."""
        path = self.root / name / _ALIASES
        return cast("dict[str, str]", json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def find(self, name: str, named: str) -> str:
        """Resolve an alias, a version or a prefix of a version.

        Raises:
            ProjectError: `specialist.unknown`: none or several match.
        """
        versions = self.versions(name)
        found = self.aliases(name).get(named, named)
        near = [version for version in versions if version.startswith(found)] if found else []
        if found in versions or len(near) == 1:
            return found if found in versions else near[0]
        what = (
            f"{name} has {len(near)} versions that begin with {named!r}" if near else f"{name} has no version {named!r}"
        )
        raise ProjectError("specialist.unknown", what, fix=choices([*self.aliases(name), *versions], named))

    def promote(self, name: str, version: str, alias: str = PRODUCTION) -> None:
        """Point an alias to a version, atomically; `previous` keeps the former production version.

        Raises:
            ProjectError: `specialist.unknown`: the version does not exist.
        """
        if version not in self.versions(name):
            raise ProjectError("specialist.unknown", f"{name} has no version {version!r}", fix=f"compound train {name}")
        aliases = self.aliases(name)
        if alias == PRODUCTION and aliases.get(alias, version) != version:
            aliases[PREVIOUS] = aliases[alias]
        aliases[alias] = version
        self._write(name, aliases)

    def rollback(self, name: str) -> str:
        """Swap `production` and `previous`; returns the new production version.

        Raises:
            ProjectError: `specialist.no-previous`: there is no previous version, or it was deleted.
        """
        aliases = self.aliases(name)
        before = aliases.get(PREVIOUS)
        if before is None or before not in self.versions(name):
            known = self.versions(name)
            fix = (
                f"compound specialists promote {name} VERSION; {choices(known)}" if known else f"compound train {name}"
            )
            raise ProjectError("specialist.no-previous", f"{name} has no previous production version", fix=fix)
        self._write(name, {**aliases, PREVIOUS: aliases[PRODUCTION], PRODUCTION: before})
        return before

    def _write(self, name: str, aliases: dict[str, str]) -> None:
        path = self.root / name / _ALIASES
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(aliases, indent=2, sort_keys=True), encoding="utf-8")
        temporary.replace(path)
