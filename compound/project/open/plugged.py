"""Adapters that the project's files choose by name, opened through `compound.plugins`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.errors import ConnectorError, Location, ProjectError
from compound.language.environment import Environment
from compound.plugins import RERANKERS, TARGETS, Registry, Setup
from compound.project.settings.settings import in_settings
from compound.project.source.parts import CONNECTORS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from compound.connector.target import DeliveryClass, EffectGroup, EffectOutcome
    from compound.effect import EffectTarget
    from compound.project.settings.chosen import Chosen
    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.retrieval import Reranker

_FORMAT: Final = re.compile(r"^compound:\s*[\"']?([A-Za-z_][\w-]*)/", re.MULTILINE)
_NO_TARGETS: Final = frozenset({"lakehouse", "models", "mcp"})
"""Formats of `connectors/*.yaml` that are not targets."""
_BUILT_IN: Final = frozenset(TARGETS.built_in)


class Plugged:
    """The adapters of one project on one profile.

    Args:
        settings: Settings with the chosen adapters and their options.
        parts: The project's own adapters.
    """

    def __init__(self, settings: Settings, parts: ProjectParts) -> None:
        self._settings = settings
        self._parts = parts

    def make(self, registry: Registry, chosen: Chosen, name: str) -> object:
        """The adapter that a setting chooses.

        Args:
            registry: The registry of its kind.
            chosen: Its name and options.
            name: What it is for: the name of the index; else its own name.

        Raises:
            ProjectError: The registry's code for an unknown name; ``plugin.*``; ``project.no-secret``.
        """
        where = in_settings(self._settings.root, chosen.use)
        setup = Setup(
            name=name,
            options=Environment(os.environ).record(chosen.options, chosen.use),
            folder=self._folder(chosen.use),
        )
        return registry.make(chosen.use, setup, self._parts.own_plugins(registry), where=where)

    def reranker(self) -> Reranker | None:
        """The reranker of the best passages; None if the profile names none."""
        chosen = self._settings.profile.reranker
        return None if chosen is None else cast("Reranker", self.make(RERANKERS, chosen, chosen.use))

    def target_files(self) -> Mapping[str, tuple[str, Location]]:
        """Target to its adapter and the place that names it; without the built-in ones."""
        found: dict[str, tuple[str, Location]] = {}
        for name in self._parts.own_plugins(TARGETS):
            found[name] = (name, Location(f"{CONNECTORS}/{name}.py"))
        for path in sorted((self._settings.root / CONNECTORS).glob("*.yaml")):
            text = path.read_text(encoding="utf-8", errors="replace")
            said = _FORMAT.search(text)
            if said and said[1] not in _NO_TARGETS | _BUILT_IN:
                line = text.count("\n", 0, said.start()) + 1
                found[path.stem] = (
                    said[1],
                    Location(self._settings.shown(path), line, said.start(1) - said.start() + 1),
                )
        return found

    def target(self, name: str) -> EffectTarget:
        """Open a target of a plug-in or of the project's own code.

        Raises:
            ProjectError: ``plugin.*``; ``yaml.*``; ``project.no-secret``.
        """
        from compound.connector.target import TargetSetup

        adapter, where = self.target_files()[name]
        options = self._declared(name)
        setup = TargetSetup(
            name=name,
            options={key: one for key, one in options.items() if key != "compound"},
            folder=self._folder(name),
            effects=lambda effect: self._parts.effects[effect],
            format=str(options.get("compound", "")),
            lock_wait_s=self._settings.profile.lock_wait_s,
        )
        made = TARGETS.make(adapter, setup, self._parts.own_plugins(TARGETS), where=where)
        return cast("EffectTarget", made)

    def _declared(self, name: str) -> Mapping[str, JsonValue]:
        from compound.spec.yaml.reading import read_yaml_file

        path = self._settings.root / CONNECTORS / f"{name}.yaml"
        if not path.is_file():
            return {}
        shown = self._settings.shown(path)
        data: object = read_yaml_file(path, shown).data
        if not isinstance(data, dict):
            raise ProjectError(
                "project.bad-file", "it is not a mapping", where=Location(shown), fix="compound: NAME/v1"
            )
        return Environment(os.environ).record(cast("dict[str, JsonValue]", data), shown)

    def _folder(self, name: str) -> Path:
        return self._settings.home / "plugins" / name


class NotInEvaluations:
    """A target of a plug-in in an evaluation: it cannot be copied, so nothing is changed in it."""

    delivery_class: DeliveryClass = "D"

    def __init__(self, name: str) -> None:
        self._name = name

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Refuse.

        Raises:
            ConnectorError: ``effect.no-copy``.
        """
        effect = group.effects[0].name
        what = f"{effect} changes {self._name!r}, and an evaluation cannot copy that target"
        raise ConnectorError("effect.no-copy", what, fix="write `until: review` in the suite")
