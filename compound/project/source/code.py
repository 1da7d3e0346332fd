"""The Python of `tools/`: functions and effects by unique name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from compound.effect import Effect
from compound.errors import Location
from compound.language import InvalidFile
from compound.project.source.names import Named, name_findings
from compound.spec.declared import declared_in
from compound.tool import Function
from compound.tool.module import functions_in

if TYPE_CHECKING:
    from compound.project.source.modules import ProjectModules

TOOLS = "tools"
Found = tuple[Function[..., object] | Effect, Location]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """Functions and effects of the modules in `tools/`.

    Attributes:
        found: Every function and effect with its place.
    """

    found: tuple[Found, ...]

    @classmethod
    def load(
        cls, modules: ProjectModules, sql_tools: Sequence[tuple[str, str]], built_in: Iterable[Named] = ()
    ) -> ProjectCode:
        """Import every module of `tools/`.

        Args:
            modules: The project's Python.
            sql_tools: Name and file of each SQL tool: SQL and Python tools need distinct names.
            built_in: Tools of every project.

        Raises:
            ProjectError: ``project.duplicate-name``, ``project.reserved-name``; ``project.bad-module``.
        """
        loaded = modules.load_folder(TOOLS)
        found = tuple(one for module in loaded for one in _found_in(module))
        named = [*built_in, *_named(found), *_remembered(modules.package)]
        named += [Named("tool", name, Location(file), 0, file) for name, file in sql_tools]
        if findings := name_findings(named):
            raise InvalidFile(findings)
        return cls(found=found)

    def functions(self, kind: Literal["tool", "check"]) -> Mapping[str, Function[..., object]]:
        """Functions of a kind by name."""
        return {one.name: one for one, _ in self.found if isinstance(one, Function) and one.kind == kind}

    def effects(self) -> Mapping[str, Effect]:
        """Effects by name."""
        return {one.name: one for one, _ in self.found if isinstance(one, Effect)}


def _found_in(module: ModuleType) -> Iterator[Found]:
    file = Location("/".join(module.__name__.split(".")[2:]) + ".py")
    for one in functions_in(module):
        yield one, file if one.is_adapter else one.where
    for value in vars(module).values():
        if isinstance(value, Effect):
            yield value, value.where


def _named(found: Sequence[Found]) -> Iterator[Named]:
    for one, where in found:
        if isinstance(one, Effect):
            yield Named("effect", one.name, where, id(one.function), str(where))
        else:
            yield Named(one.kind, one.name, where, id(one.origin), str(where))


def _remembered(package: str) -> Iterator[Named]:
    """All decorated functions, including the first of two with the same name in one module."""
    for one in declared_in(package):
        if one.kind == "solver" or one.module.startswith(f"{package}.{TOOLS}."):
            yield Named(one.kind, one.name, one.where, 0, str(one.where))
