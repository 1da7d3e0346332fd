"""All resources of a project at run time: opened when first needed, closed together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from compound.project.open.connector_tools import built_in
from compound.project.open.stores import Stores
from compound.project.settings.settings import Settings
from compound.project.source.parts import ProjectParts

if TYPE_CHECKING:
    from compound.project.open.mcp_tools import McpTools
    from compound.tool import Function


class Resources(Stores):
    """The opened parts of a project on one profile, and the tools that need them.

    Args:
        settings: Settings of the project.
        parts: The project's own code and files; shared between profiles.
    """

    def __init__(self, settings: Settings, parts: ProjectParts | None = None) -> None:
        super().__init__(settings, parts or ProjectParts(settings.root, settings.name, built_in(settings.root)))

    @cached_property
    def functions(self) -> Mapping[str, Function[..., object]]:
        """Tools by name: the project's own and those of connectors."""
        from compound.project.open.connector_tools import connector_tools

        return {**{one.name: one for one in connector_tools(self)}, **self.parts.functions}

    @cached_property
    def mcp(self) -> McpTools:
        """MCP servers whose tools graphs may call."""
        from compound.project.open.mcp_tools import McpTools

        return McpTools(self)
