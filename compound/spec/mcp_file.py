"""`connectors/mcp.yaml`, the MCP servers whose tools graphs may call, and its lock file of pinned tools.

A pin is the description and schemas of a tool that a person accepted. If a tool changes, it is not called, because
a changed description can mislead a model.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from compound.language.schema import SchemaPart
from compound.language.sha import sha
from compound.spec.words import Duration

PREFIX: Final = "mcp."
"""How graphs name these tools: `mcp.<server>.<tool>`."""
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_VARIABLE: Final = re.compile(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")
_SECRET: Final = re.compile(r"auth|cookie|credential|key|passw|secret|token", re.IGNORECASE)

ServerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,128}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class McpServer(_Part):
    """One server: a program to start, or a URL.

    Attributes:
        command: Program of a server that speaks over standard input and output.
        args: Its arguments.
        env: Its environment in addition to PATH, HOME and the like; secrets as `${env:NAME}`.
        cwd: Folder it is started in, relative to the project; default the project itself.
        url: Address of a server that speaks streamable HTTP; plain http only on this machine.
        headers: Sent with every request; secrets as `${env:NAME}`.
        tools: The tools that graphs may call. Other tools are never called.
        timeout: Maximum time of one call.
        start_timeout: Maximum time for the server to start and to list its tools.
        max_bytes: Maximum size of an answer, as JSON.
    """

    command: str | None = Field(default=None, min_length=1)
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    tools: tuple[ToolName, ...] = ()
    timeout: Duration = "60s"
    start_timeout: Duration = "30s"
    max_bytes: int = Field(default=1_000_000, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if (self.command is None) == (self.url is None):
            raise PydanticCustomError("mcp.one-way", "a server has either `command` or `url`")
        if self.url is not None and (self.args or self.env or self.cwd):
            raise PydanticCustomError("mcp.one-way", "`args`, `env` and `cwd` belong to `command`, not to `url`")
        if self.command is not None and self.headers:
            raise PydanticCustomError("mcp.one-way", "`headers` belong to `url`, not to `command`")
        return self

    @field_validator("url")
    @classmethod
    def _safe_url(cls, url: str | None) -> str | None:
        if url is None or url.startswith("${env:"):
            return url
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise PydanticCustomError("mcp.secret", "the address has a password: use `headers` and `${{env:NAME}}`")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise PydanticCustomError("mcp.plain-http", "write https://; plain http:// is for this machine only")
        return url

    @field_validator("env", "headers")
    @classmethod
    def _no_secrets(cls, given: dict[str, str]) -> dict[str, str]:
        for name, value in given.items():
            if _SECRET.search(name) and value and not _VARIABLE.search(value):
                why = {"name": name}
                raise PydanticCustomError("mcp.secret", "{name} looks like a secret: write `${{env:NAME}}`", why)
        return given

    @property
    def target(self) -> str:
        """Identity of the server, without secrets: part of the pin."""
        command = [self.command, *self.args]
        return self.url or orjson.dumps({"command": command, "cwd": self.cwd}).decode()


class McpFile(_Part):
    """The whole of `connectors/mcp.yaml`: servers by name.

    Attributes:
        compound: Format of the file.
        servers: Name to server; its tools are `mcp.<server>.<tool>` in graphs.
    """

    compound: Literal["mcp/v1"]
    servers: dict[ServerName, McpServer] = {}


class PinnedTool(_Part):
    """The declaration of a tool when it was pinned.

    Attributes:
        title: Its display name; null if it has none.
        description: Its description, which models see verbatim.
        input_schema: JSON Schema of its arguments.
        output_schema: JSON Schema of its structured result; null if it returns text.
        annotations: The server's hints, in MCP's own words.
        sha256: Hash of all of these; also detects manual edits of the lock file.
    """

    title: str | None = None
    description: str = ""
    input_schema: dict[str, JsonValue]
    output_schema: dict[str, JsonValue] | None = None
    annotations: dict[str, JsonValue] = {}
    sha256: str = ""

    @property
    def digest(self) -> str:
        """sha256 of the declaration."""
        said = self.model_dump(mode="json", exclude={"sha256"})
        return sha(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))

    def sealed(self) -> PinnedTool:
        """The same with its `sha256`."""
        return self.model_copy(update={"sha256": self.digest})

    def changes(self, now: PinnedTool) -> list[str]:
        """The differences in `now`, as sentences; empty if there are none."""
        found = [
            f"its {name} changed" for name in ("title", "description") if getattr(self, name) != getattr(now, name)
        ]
        for name, word in (("input_schema", "inputs"), ("output_schema", "result"), ("annotations", "hints")):
            before, after = getattr(self, name) or {}, getattr(now, name) or {}
            if before != after:
                found.append(f"its {word} changed{_parts(before, after)}")
        return found


def _parts(before: dict[str, JsonValue], after: dict[str, JsonValue]) -> str:
    """The properties that were added, removed or changed: ` (+force, -city, ~unit)`."""
    old, new = SchemaPart.of(before).properties, SchemaPart.of(after).properties
    marks = [f"+{name}" for name in new if name not in old]
    marks += [f"-{name}" for name in old if name not in new]
    marks += [f"~{name}" for name in old if name in new and old[name].body != new[name].body]
    return f" ({', '.join(marks)})" if marks else ""


class PinnedServer(_Part):
    """One server when it was pinned.

    Attributes:
        target: `McpServer.target` at that time: another program under the same name is another server.
        name: The name that it reported.
        version: Its version, for people; a new version alone is not a change.
    """

    target: str
    name: str = ""
    version: str = ""
    tools: dict[ToolName, PinnedTool] = {}


class McpLock(_Part):
    """The whole of `connectors/mcp.lock.json`."""

    compound: Literal["mcp-lock/v1"] = "mcp-lock/v1"
    servers: dict[ServerName, PinnedServer] = {}

    def to_json(self) -> str:
        """The file, sorted, so that a diff shows the changes of a tool."""
        option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        return orjson.dumps(self.model_dump(mode="json"), option=option).decode()


def tool_name(server: str, tool: str) -> str:
    """The name of a server's tool in graphs."""
    return f"{PREFIX}{server}.{tool}"


def split_name(name: str) -> tuple[str, str] | None:
    """Server and tool of a name; None if it is not the name of an MCP tool."""
    if not name.startswith(PREFIX):
        return None
    server, dot, tool = name.removeprefix(PREFIX).partition(".")
    return (server, tool) if dot and tool else None
