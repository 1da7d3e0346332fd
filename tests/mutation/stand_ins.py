"""A project's services with samples in place of everything that works: what a graph is really run with.

Names are looked up, prompts filled, statements bound and run, arguments held against signatures, policies asked as in
production; only what comes back is a sample. So a run fails here where it would fail there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from compound.errors import ModelError
from compound.graph.port.catalogue import Remembered
from compound.graph.wiring.known_types import PASSAGE
from compound.language.json_schema import to_json_schema
from compound.language.types import Many
from compound.model import ModelResponse, ToolCall
from compound.project.offer.catalogue import ProjectCatalogue
from compound.testing.fakes import FakeGateway, FakeOutbox, FakeReviews, FakeServices
from tests.mutation.samples import BARE, World, digest

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect import Effect, EffectGroup
    from compound.graph.port.catalogue import Catalogue
    from compound.graph.port.services import (
        JsonCall,
        OpenedReview,
        Prompt,
        RetrieveCall,
        RetrieveRequest,
        ReviewRequest,
        ToolCard,
    )
    from compound.model import ModelRequest
    from compound.model.call.types import CallKey, Told
    from compound.model.gateway.budget import Budget
    from compound.project import Project
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile
    from compound.tool import Function

_FINAL = "final_answer"
_PASSAGES = to_json_schema(Many(PASSAGE), {})


class Models(FakeGateway):
    """Every model: answers what it is asked to fit, sometimes nothing; an agent first uses each of its tools."""

    def __init__(self, world: World, names: Sequence[str]) -> None:
        super().__init__()
        self._world = world
        self._names = names

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """The sample for what the model reads: its prompt as it was filled."""
        if request.model not in self._names:
            raise ModelError("model.unknown", f"no model {request.model!r}")
        if budget is not None and budget.calls is not None and len(self.calls) >= budget.calls:
            raise ModelError("model.budget", f"the run has made its {budget.calls} model calls")
        self.calls.append((call, request))
        read = [request.system, *(str(one.content) for one in request.messages)]
        if request.tools:
            return self._turn(request, read, 0 if call is None else call.index)
        if self._world.abstains and self._world.number > BARE and self._world.pick(range(5), "abstains", read) == 0:
            return ModelResponse(abstained=True, reason="it does not know")
        if request.output_schema is None:
            text = f"said {digest(read)}"
            return ModelResponse(text=text, data=text)
        return ModelResponse(data=self._world.value(request.output_schema, request.prompt_name, read))

    def _turn(self, request: ModelRequest, read: Sequence[str], turn: int) -> ModelResponse:
        asked = tuple(
            ToolCall(
                id=f"{turn}-{one.name}",
                name=one.name,
                arguments=cast("dict[str, JsonValue]", self._world.value(one.parameters, one.name, read)),
            )
            for one in request.tools
            if (one.name == _FINAL) == (turn > 0)
        )
        if asked and (turn > 0 or self._world.number != BARE):
            return ModelResponse(tool_calls=asked)
        return ModelResponse(text=f"said {digest(read)}")


class Reviewers(FakeReviews):
    """People who decide at once: in one world they approve, in another they reject."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open the item and decide it, unless its rule did."""
        opened = await super().open(request)
        if opened.decision is None:
            action = self._world.pick(list(request.decide), request.node)
            fields: dict[str, Any] = {
                name: self._world.value(schema, name, action) for name, schema in request.decide.get(action, {}).items()
            }
            self.decide(opened.review_id, action, **fields)
        return await super().open(request)


class StrictOutbox(FakeOutbox):
    """An outbox that takes what the effects declare, and nothing else."""

    def __init__(self, effects: Mapping[str, Effect]) -> None:
        super().__init__()
        self._effects = effects

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Hold the arguments against the effect before anything is stored."""
        for one in group.effects:
            self._effects[one.name].parse(one.arguments)
        return await super().enqueue(group)


class Look:
    """What an opened project says, read once for many runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.catalogue: Catalogue = Remembered(ProjectCatalogue(project.resources))
        self._graphs: dict[str, GraphSpec] = {}
        self._queries: dict[str, JsonCall] = {}

    def graph(self, name: str) -> GraphSpec:
        """A graph of the project."""
        if name not in self._graphs:
            self._graphs[name] = self.project.services.graph(name)
        return self._graphs[name]

    def query(self, name: str) -> JsonCall:
        """A SQL tool of the project, bound."""
        if name not in self._queries:
            self._queries[name] = self.project.services.sql_tool(name)
        return self._queries[name]


class StandIns(FakeServices):
    """The look-ups of an opened project, answered with samples of one world."""

    def __init__(self, look: Look, world: World) -> None:
        super().__init__()
        self._look = look
        self._project = project = look.project
        self._real = project.services
        self._parts = project.resources.parts
        self._catalogue = look.catalogue
        self._world = world
        self.fake_gateway = Models(world, list(look.catalogue.names("model") or ()))
        self.fake_reviews = Reviewers(world)
        self.fake_outbox = StrictOutbox(self._parts.effects)

    def function(self, name: str) -> JsonCall:
        """A tool."""
        self._real.function(name)
        return self._sampled(self._project.resources.functions[name])

    def check(self, kind: str) -> JsonCall:
        """A check."""
        self._real.check(kind)
        return self._sampled(self._parts.checks[kind])

    def _sampled(self, function: Function[..., object]) -> JsonCall:
        async def run(inputs: Mapping[str, JsonValue]) -> JsonValue:
            function.signature.arguments(inputs)
            return self._world.value(function.output_schema, function.name, inputs)

        return run

    def sql_tool(self, name: str) -> JsonCall:
        """A SQL tool: the statement runs on the lakehouse, its rows are samples of its columns."""
        query = self._look.query(name)
        signature = self._catalogue.signature("sql", name)
        output = (signature.output if signature is not None else None) or {}

        async def run(inputs: Mapping[str, JsonValue]) -> JsonValue:
            await query(inputs)
            return self._world.value(output, name, inputs)

        return run

    def specialist(self, ref: str) -> JsonCall:
        """A specialist, trained or not."""
        signature = self._catalogue.signature("specialist", ref)
        if signature is None or signature.output is None:
            return self._real.specialist(ref)
        output = signature.output

        async def run(inputs: Mapping[str, JsonValue]) -> JsonValue:
            if not isinstance(inputs.get("text"), str) or len(inputs) != 1:
                raise ModelError("specialist.bad-input", f"{ref} reads one text")
            return self._world.value(output, ref, inputs)

        return run

    def retriever(self, name: str) -> RetrieveCall:
        """An index that the project has; building it is not needed."""
        if name not in self._project.settings.profile.documents:
            return self._real.retriever(name)

        async def run(request: RetrieveRequest) -> JsonValue:
            asked = [request.query, request.top_k, request.mode, request.where]
            return self._world.value(_PASSAGES, name, asked)

        return run

    def prompt(self, path: str) -> Prompt:
        """A prompt file."""
        return self._real.prompt(path)

    def graph(self, name: str) -> GraphSpec:
        """Another graph."""
        return self._look.graph(name)

    def policy(self, name: str) -> PolicyFile:
        """A policy file."""
        return self._real.policy(name)

    def card(self, ref: str) -> ToolCard:
        """A tool of an agent as the project shows it, with a sample behind it."""
        lead, dot, name = ref.partition(".")
        if dot and lead == "retrieve":
            found = self.retriever(name)

            async def search(inputs: Mapping[str, JsonValue]) -> JsonValue:
                from compound.graph.port.services import RetrieveRequest

                return await found(RetrieveRequest(query=str(inputs.get("query"))))

            text: JsonValue = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
            return _card(ref, text, search)
        real = self._real.card(ref)
        return replace(real, call=self.sql_tool(name) if dot and lead == "sql" else self.function(ref))

    def proposal(self, effect: str) -> ToolCard:
        """An effect as an agent may propose it."""
        return self._real.proposal(effect)


def _card(ref: str, parameters: JsonValue, call: JsonCall) -> ToolCard:
    from compound.graph.port.services import ToolCard

    return ToolCard(name=ref, description=ref, parameters=cast("dict[str, JsonValue]", parameters), call=call)
