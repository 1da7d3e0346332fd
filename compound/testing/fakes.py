"""Fakes of a graph's services, for tests: in memory, scriptable, with call counts."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from compound.connector.target import EffectGroup
from compound.effect.types import EffectResult, EffectStatus
from compound.errors import ModelError, ProjectError, choices
from compound.graph.port.services import (
    Incoming,
    JsonCall,
    OpenedReview,
    Prompt,
    RetrieveCall,
    RetrieveRequest,
    ReviewDecision,
    ReviewRequest,
    ToolCard,
)
from compound.model import ModelRequest, ModelResponse, TextDelta
from compound.model.call.types import CallKey, Told
from compound.model.gateway.budget import Budget

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.catalogue import Shelf
    from compound.graph.port.doors import Cached, Gateway, NodeCache
    from compound.graph.port.services import Outbox, Reviews
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile

Work: TypeAlias = "Callable[[Mapping[str, JsonValue]], JsonValue | Awaitable[JsonValue]]"


class FakeReviews:
    """A queue in memory; `decide` acts as the person."""

    def __init__(self) -> None:
        self.requests: dict[str, ReviewRequest] = {}
        self.decisions: dict[str, ReviewDecision] = {}
        self.instructions: dict[str, str] = {}

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open once per run and node; an automatic decision is made at once."""
        review_id = f"{request.run_id}/{request.node}"
        if review_id not in self.requests:
            self.requests[review_id] = request
            if request.auto is not None and request.auto.is_automatic:
                self.decide(review_id, request.auto.action, actor=request.auto.actor)
        return OpenedReview(review_id=review_id, decision=self.decisions.get(review_id))

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """Show the new request in the same item; decisions are kept."""
        review_id = f"{request.run_id}/{request.node}"
        if review_id not in self.decisions:
            self.requests[review_id] = request
        return await self.open(request)

    async def decision(self, review_id: str) -> ReviewDecision | None:
        """The decision."""
        return self.decisions.get(review_id)

    async def withdraw(self, run_id: str, elements: str, *, kept: int) -> None:
        """Forget the undecided items of such elements."""
        start = f"{run_id}/{elements}"
        for review_id in [one for one in self.requests if one.startswith(start) and one not in self.decisions]:
            if int(review_id.removeprefix(start).partition("]")[0]) >= kept:
                del self.requests[review_id]

    async def instruction(self, run_id: str, lead: str = "") -> str:
        """The instruction of a run, or of an element: `run-1/letters[3].`."""
        return self.instructions.get(f"{run_id}/{lead}" if lead else run_id, "")

    def decide(self, review_id: str, action: str, *, actor: str = "ann", **fields: JsonValue) -> None:
        """Decide a review; the first decision stays."""
        self.decisions.setdefault(
            review_id,
            ReviewDecision(
                decision_id=f"decision of {review_id}",
                review_id=review_id,
                action=action,
                actor=actor,
                fields=fields,
                versions=self.requests[review_id].versions,
                is_automatic=actor.startswith("policy:"),
            ),
        )


class FakeOutbox:
    """An outbox in memory: `sent` lists performed effects; `answers` scripts other outcomes by effect name."""

    def __init__(self) -> None:
        self.groups: dict[str, EffectGroup] = {}
        self.sent: list[tuple[str, Mapping[str, JsonValue]]] = []
        self.answers: dict[str, EffectResult] = {}
        self._done: dict[str, EffectResult] = {}

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Keys are derived from decision, node and position in the group."""
        self.groups.setdefault(f"{group.decision_id}/{group.node}", group)
        stored = self.groups[f"{group.decision_id}/{group.node}"]
        return [f"{stored.decision_id}/{stored.node}/{index}" for index in range(len(stored.effects))]

    async def deliver(self, keys: Sequence[str]) -> Sequence[EffectResult]:
        """Perform effects that are not performed yet."""
        return [self._deliver(key) for key in keys]

    def _deliver(self, key: str) -> EffectResult:
        if key not in self._done:
            group, _, index = key.rpartition("/")
            call = replace(self.groups[group].effects[int(index)], key=key)
            answer = self.answers.get(call.name) or EffectResult(call=call, status=EffectStatus.SENT)
            if answer.status is EffectStatus.SENT:
                self.sent.append((call.name, call.arguments))
            self._done[key] = answer
        return self._done[key]


class FakeGateway:
    """Answers by logical model name, with a journal like the real one. `calls` lists paid calls."""

    def __init__(self, answers: Mapping[str, Work] | None = None) -> None:
        self.answers = dict(answers or {})
        self.calls: list[tuple[CallKey | None, ModelRequest]] = []
        self.journal: dict[tuple[CallKey, str], ModelResponse] = {}
        self.on_unknown: Literal["stop", "allow"] = "stop"

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """The stored answer of the same call and inputs, or a new one; `budget.calls` limits the run's calls."""
        asked = json.dumps(request.inputs, sort_keys=True, default=str)
        if call is not None and (call, asked) in self.journal:
            if told is not None:
                await told(TextDelta(text=self.journal[call, asked].text))
            return self.journal[call, asked]
        made = sum(1 for one, _ in self.calls if call is not None and one is not None and one.run_id == call.run_id)
        if budget is not None and budget.calls is not None and made >= budget.calls:
            raise ModelError("model.budget", f"the run reached its limit of {budget.calls} model calls")
        self.calls.append((call, request))
        answer = await _run(self.answers[request.model], request.inputs)
        response = answer if isinstance(answer, ModelResponse) else _response(cast("JsonValue", answer))
        if told is not None:
            for word in response.text.split(" "):
                await told(TextDelta(text=f"{word} "))
        if call is not None:
            self.journal[call, asked] = response
        return response


@dataclass(frozen=True, slots=True)
class FakeCached:
    """A cached value."""

    value: JsonValue


class FakeCache:
    """A cache in memory without expiry."""

    def __init__(self) -> None:
        self.values: dict[str, FakeCached] = {}

    async def get(self, key: str) -> Cached | None:
        """The stored value."""
        return self.values.get(key)

    async def put(self, key: str, value: JsonValue, *, ttl_s: float) -> None:
        """Store a value."""
        self.values[key] = FakeCached(value)


class FakeServices:
    """Look-ups over given functions; an unknown name is a `ProjectError`, as in a project.

    Attributes:
        functions: For nodes of kind `tool`, `check`, `sql` and `specialist`, by name.
        retrievers: Index name to a function of the request.
        prompts: Path to text.
        graphs: Other graphs by name.
        policies: Policies by name; `policy_log` lists their judgements.
        pins: `shelf/name` to version, for cache keys.
        arrived: The items of runs that started.
    """

    def __init__(
        self,
        functions: Mapping[str, Work] | None = None,
        *,
        models: Mapping[str, Work] | None = None,
        retrievers: Mapping[str, Callable[[RetrieveRequest], JsonValue]] | None = None,
        prompts: Mapping[str, str] | None = None,
        graphs: Mapping[str, GraphSpec] | None = None,
        policies: Mapping[str, PolicyFile] | None = None,
    ) -> None:
        self.functions = dict(functions or {})
        self.retrievers = dict(retrievers or {})
        self.prompts = dict(prompts or {})
        self.graphs = dict(graphs or {})
        self.policies = dict(policies or {})
        self.policy_log: list[Mapping[str, JsonValue]] = []
        self.pins: dict[str, str] = {}
        self.arrived: list[Incoming] = []
        self.fake_cache = FakeCache()
        self.fake_gateway = FakeGateway(models)
        self.fake_reviews = FakeReviews()
        self.fake_outbox = FakeOutbox()

    def arrive(self, incoming: Incoming) -> None:
        """Keep it."""
        self.arrived.append(incoming)

    @property
    def gateway(self) -> Gateway:
        """The fake gateway."""
        return self.fake_gateway

    @property
    def reviews(self) -> Reviews | None:
        """The fake queue."""
        return self.fake_reviews

    @property
    def outbox(self) -> Outbox | None:
        """The fake outbox."""
        return self.fake_outbox

    def function(self, name: str) -> JsonCall:
        """A given function."""
        return self._find(name)

    def check(self, kind: str) -> JsonCall:
        """A given function."""
        return self._find(kind)

    def sql_tool(self, name: str) -> JsonCall:
        """A given function."""
        return self._find(name)

    def specialist(self, ref: str) -> JsonCall:
        """A given function."""
        return self._find(ref)

    def retriever(self, name: str) -> RetrieveCall:
        """A given search."""
        search = self.retrievers[name]

        async def run(request: RetrieveRequest) -> JsonValue:
            return search(request)

        return run

    def prompt(self, path: str) -> Prompt:
        """A given text; default: the path itself."""
        return Prompt(name=path, text=self.prompts.get(path, path), version="fake")

    def graph(self, name: str) -> GraphSpec:
        """A given graph."""
        if name not in self.graphs:
            raise ProjectError(
                "project.unknown-graph", f"graph {name!r} does not exist", fix=choices(list(self.graphs), name)
            )
        return self.graphs[name]

    def card(self, ref: str) -> ToolCard:
        """A given function as a tool of an agent; it takes anything."""
        return ToolCard(name=ref, description="", parameters={"type": "object"}, call=self._find(ref))

    def proposal(self, effect: str) -> ToolCard:
        """A card for any effect."""

        async def nothing(_inputs: Mapping[str, JsonValue]) -> JsonValue:
            return None

        return ToolCard(name=effect, description="", parameters={"type": "object"}, call=nothing)

    @property
    def cache(self) -> NodeCache | None:
        """The fake cache."""
        return self.fake_cache

    def policy(self, name: str) -> PolicyFile:
        """A given policy."""
        if name not in self.policies:
            raise ProjectError(
                "project.unknown-policy", f"policy {name!r} does not exist", fix=choices(list(self.policies), name)
            )
        return self.policies[name]

    def log_policy(self, record: Mapping[str, JsonValue]) -> None:
        """Record the judgement."""
        self.policy_log.append(record)

    def pin(self, shelf: Shelf, name: str) -> str:
        """A given version."""
        return self.pins.get(f"{shelf}/{name}", "")

    def _find(self, name: str) -> JsonCall:
        if name not in self.functions:
            raise ProjectError(
                "project.unknown-name", f"{name!r} does not exist", fix=choices(list(self.functions), name)
            )

        async def run(inputs: Mapping[str, JsonValue]) -> JsonValue:
            return cast("JsonValue", await _run(self.functions[name], inputs))

        return run


async def _run(work: Work, inputs: Mapping[str, JsonValue]) -> object:
    value = work(inputs)
    return await value if inspect.isawaitable(value) else value


def _response(answer: JsonValue) -> ModelResponse:
    text = answer if isinstance(answer, str) else ""
    return ModelResponse(text=text, data=answer, provider="fake", model="fake")
