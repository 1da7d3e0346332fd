"""Versions of specialists in a folder, and the names that point to them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, cast

from compound.errors import ProjectError, choices
from compound.specialist._specialist import MODEL, Specialist

_ALIASES: Final = "aliases.json"


class Registry:
    """`<root>/<name>/<version>/`, and `<root>/<name>/aliases.json` from alias to version.

    Args:
        root: Folder of all specialists of a profile; made when the first one is saved.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def resolve(self, ref: str) -> Specialist:
        """The specialist that `name@alias` or `name@version` names; without either, `production`.

        Raises:
            ProjectError: `specialist.unknown`: it was never trained, or there is no such alias.
            ConnectorError: `specialist.damaged`.
        """
        name, _, wanted = ref.partition("@")
        aliases = self.aliases(name)
        version = aliases.get(wanted or "production", wanted)
        folder = self.root / name / version
        if not version or not (folder / MODEL).is_file():
            known = sorted({*aliases, *self.versions(name)})
            raise ProjectError(
                "specialist.unknown",
                f"there is no specialist {ref!r}; {choices(known, wanted)}",
                fix=f"compound train {name}",
            )
        return Specialist.load(folder)

    def versions(self, name: str) -> list[str]:
        """Every version of a specialist, the oldest first."""
        found = [path.parent for path in (self.root / name).glob(f"*/{MODEL}")]
        return [path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]

    def aliases(self, name: str) -> dict[str, str]:
        """Alias to version."""
        path = self.root / name / _ALIASES
        return cast("dict[str, str]", json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def promote(self, name: str, version: str, alias: str) -> None:
        """Point an alias to a version, atomically; `previous` keeps where `production` pointed before.

        Raises:
            ProjectError: `specialist.unknown`: there is no such version.
        """
        if version not in self.versions(name):
            raise ProjectError("specialist.unknown", f"{name} has no version {version!r}", fix=f"compound train {name}")
        aliases = self.aliases(name)
        if alias == "production" and aliases.get(alias, version) != version:
            aliases["previous"] = aliases[alias]
        aliases[alias] = version
        path = self.root / name / _ALIASES
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        beside.write_text(json.dumps(aliases, indent=2, sort_keys=True), encoding="utf-8")
        beside.replace(path)
