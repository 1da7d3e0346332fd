"""The tool cards that agents see, and the versions in cache keys."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, cast

import orjson

from compound.errors import ProjectError, choices
from compound.graph.port.services import RetrieveRequest, ToolCard
from compound.language.schema import SchemaPart, closed_record
from compound.language.sha import sha
from compound.spec.mcp_file import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from compound.effect import Effect
    from compound.graph.port.catalogue import Shelf
    from compound.graph.port.services import Services
    from compound.project.open.resources import Resources

_TOP_K = 6


def card_of(resources: Resources, services: Services, ref: str) -> ToolCard:
    """A tool by its name in a graph file: a function, `sql.orders`, `retrieve.handbook`, `mcp.server.tool`.

    Raises:
        ProjectError: ``project.unknown-tool``, ``project.unknown-sql``, and others of the tool's look-up.
    """
    lead, dot, name = ref.partition(".")
    if dot and lead == "sql":
        return _sql_card(resources, services, ref, name)
    if dot and lead == "retrieve":
        return _search_card(services, ref, name)
    if ref.startswith(PREFIX):
        remote = resources.mcp.function(ref)
        return ToolCard(name=ref, description=remote.description, parameters=remote.params_schema, call=remote)
    function = resources.functions.get(ref)
    if function is None:
        raise ProjectError("project.unknown-tool", f"no tool {ref!r}", fix=choices(list(resources.functions), ref))
    call = services.function(ref)
    return ToolCard(name=ref, description=function.description, parameters=function.params_schema, call=call)


def _sql_card(resources: Resources, services: Services, ref: str, name: str) -> ToolCard:
    call = services.sql_tool(name)
    tool = resources.parts.sql_tools[name]
    shown = cast("Mapping[str, JsonValue]", tool.params_schema(for_model=True))
    known, seen = (SchemaPart.of(one).properties.keys() for one in (tool.params_schema(), shown))
    return ToolCard(
        name=ref,
        description=tool.spec.description,
        parameters=shown,
        call=call,
        hidden=frozenset(known - seen),
    )


def _search_card(services: Services, ref: str, name: str) -> ToolCard:
    search = services.retriever(name)

    async def call(inputs: Mapping[str, JsonValue]) -> JsonValue:
        return await search(RetrieveRequest(query=str(inputs.get("query") or ""), top_k=_TOP_K))

    text: dict[str, JsonValue] = {"type": "string", "description": "The search text."}
    parameters = closed_record({"query": text})
    return ToolCard(name=ref, description=f"Search the documents {name!r}.", parameters=parameters, call=call)


def proposal_of(effect: Effect) -> ToolCard:
    """An effect that an agent may propose: a call only validates the arguments."""

    async def look(inputs: Mapping[str, JsonValue]) -> JsonValue:
        effect.parse(inputs)
        return None

    return ToolCard(
        name=effect.name,
        description=f"Propose: {effect.description}",
        parameters=effect.schema,
        call=look,
    )


def pin_of(resources: Resources, shelf: Shelf, name: str) -> str:  # noqa: C901, PLR0911 - one branch per shelf
    """Version of the current definition of a name: code with its project imports, prompt, model or data."""
    parts = resources.parts
    match shelf:
        case "tool":
            pinned = resources.mcp.pin_of(name)
            return _code(resources, resources.functions[name].callable) if pinned is None else pinned.sha256
        case "check":
            return _code(resources, parts.checks[name].callable)
        case "sql":
            bound = parts.sql_tools[name].bind(resources.lakehouse)
            return _digest([bound.tool.sql, bound.pins])
        case "retriever":
            return resources.retriever(name).version
        case "specialist":
            return resources.specialists.resolve(name).version
        case "prompt":
            return parts.prompts[name].version
        case "model":
            return _model(resources, name)
        case "graph":
            return parts.graph(name).hash
        case "effect":
            return _code(resources, parts.effects[name].function)
        case "policy":
            return ""


def _model(resources: Resources, name: str) -> str:
    """Version of a logical model: its settings and, if a solver answers, the solver's code."""
    from compound.model.provider.solvers import find_solver

    model = resources.models.models.get(name)
    provider = resources.settings.profile.model or (model.provider if model is not None else None) or resources.provider
    said = [resources.provider, None if model is None else model.model_dump(mode="json")]
    if provider != "offline" or model is None or model.solver is None:
        return _digest(said)
    _ = resources.functions  # the project's modules register their solvers
    return _digest([*said, _code(resources, find_solver(model.solver, resources.parts.modules.package))])


def _code(resources: Resources, function: Callable[..., object]) -> str:
    """Hash of the function's module and of every project module that it imports."""
    code = resources.code
    files = code.files(function)
    if files:
        return _digest([[path, code.digest(path)] for path in sorted(files)])
    module = inspect.getmodule(function)
    try:
        text = inspect.getsource(module if module is not None else function)
    except (OSError, TypeError):
        return str(getattr(function, "__qualname__", function))
    return sha(text, 16)


def _digest(value: object) -> str:
    return sha(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), 16)
