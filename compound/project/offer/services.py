"""The services that a graph calls, from the opened project."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar, cast

from compound.errors import ProjectError, choices
from compound.project.decision.ports import QueuedReviews, TargetedOutbox
from compound.spec.mcp_file import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.graph.port.catalogue import Shelf
    from compound.graph.port.services import (
        Gateway,
        Incoming,
        JsonCall,
        NodeCache,
        Prompt,
        RetrieveCall,
        RetrieveRequest,
        ToolCard,
    )
    from compound.project.decision.automatic import Gatekeeper
    from compound.project.decision.conversations import Conversations
    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile

T = TypeVar("T")


class ProjectServices:
    """`compound.graph.port.services.Services` over an opened project."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @property
    def gateway(self) -> Gateway:
        """The gateway to models."""
        return self._resources.gateway

    @cached_property
    def queue(self) -> ReviewQueue:
        """The review queue; a decision checks drafts against the present rows and conversations."""
        from compound.project.decision.recheck import ProjectProbe, recheck
        from compound.project.decision.rehearsing import GraphRehearsal
        from compound.review.queue.queue import ReviewQueue

        return ReviewQueue(
            self._resources.state,
            clock=self._resources.clock,
            probe=ProjectProbe(self._resources),
            revalidate=recheck(self._resources),
            rehearse=GraphRehearsal(self._resources, self, lambda: self.queue),
            share_of=self.gatekeeper.audit_share,
        )

    @property
    def reviews(self) -> QueuedReviews:
        """The review queue as the engine sees it."""
        return QueuedReviews(self.queue, self._resources.parts.effects, self.gatekeeper, self.conversations)

    @cached_property
    def conversations(self) -> Conversations:
        """The message that a run answers, and the items that wait for an answer."""
        from compound.project.decision.conversations import Conversations

        return Conversations(self._resources, self.queue)

    def arrive(self, incoming: Incoming) -> None:
        """Register the item of a new run as a message of its conversation."""
        from compound.project.decision.arrivals import arrive

        arrive(self._resources, self.conversations, incoming)

    @cached_property
    def gatekeeper(self) -> Gatekeeper:
        """Decides whether an `auto` rule may fire."""
        from compound.project.decision.automatic import Gatekeeper

        return Gatekeeper(self._resources)

    @property
    def outbox(self) -> TargetedOutbox:
        """The outbox with the project's effects and targets."""
        from compound.effect.outbox import Outbox

        resources = self._resources
        outbox = Outbox(resources.state, clock=resources.clock)
        return TargetedOutbox(outbox, resources.parts.effects, resources.targets)

    def function(self, name: str) -> JsonCall:
        """A Python tool, or the pinned tool of an MCP server."""
        if name.startswith(PREFIX):
            return self._resources.mcp.function(name)
        from compound.project.offer.run_tools import RunFunction

        return RunFunction(_found(self._resources.functions, name, "tool"), self._resources.artifacts)

    def check(self, kind: str) -> JsonCall:
        """A check."""
        return _found(self._resources.parts.checks, kind, "check").call

    def sql_tool(self, name: str) -> JsonCall:
        """A SQL tool, bound to the pinned lakehouse versions."""
        return _found(self._resources.parts.sql_tools, name, "sql").bind(self._resources.lakehouse).call

    def retriever(self, name: str) -> RetrieveCall:
        """A document index; the value is the list of passages, best first."""
        from anyio.to_thread import run_sync

        retriever = self._resources.retriever(name)
        embeds = name not in self._resources.settings.profile.lexical

        async def search(request: RetrieveRequest) -> JsonValue:
            find = partial(
                retriever.search,
                request.query,
                top_k=request.top_k,
                mode=request.mode,
                where=cast("dict[str, str] | None", request.where),
            )
            # Embedding releases the GIL: other items run meanwhile.
            found = await run_sync(find) if embeds else find()
            return cast("JsonValue", [passage.to_json() for passage in found.passages])

        return search

    def specialist(self, ref: str) -> JsonCall:
        """A trained specialist; its value is the prediction."""
        specialist = self._resources.specialists.resolve(ref)

        async def predict(inputs: Mapping[str, JsonValue]) -> JsonValue:
            from anyio.to_thread import run_sync

            find = partial(specialist.predict, str(inputs.get("text") or ""))
            # Like searches: embedding releases the GIL.
            found = await run_sync(find) if specialist.embeds else find()
            return cast("JsonValue", found.to_json())

        return predict

    def prompt(self, path: str) -> Prompt:
        """A prompt file."""
        return _found(self._resources.parts.prompts, path, "prompt")

    def graph(self, name: str) -> GraphSpec:
        """Another graph of the project."""
        return self._resources.parts.graph(name)

    def card(self, ref: str) -> ToolCard:
        """A tool for an agent."""
        from compound.project.offer.cards import card_of

        return card_of(self._resources, self, ref)

    def proposal(self, effect: str) -> ToolCard:
        """An effect as an agent may propose it."""
        from compound.project.offer.cards import proposal_of

        return proposal_of(_found(self._resources.parts.effects, effect, "effect"))

    @property
    def cache(self) -> NodeCache:
        """Values of nodes with `cache:`."""
        return self._resources.node_cache

    def policy(self, name: str) -> PolicyFile:
        """A policy file."""
        return self._resources.parts.policy(name)

    def log_policy(self, record: Mapping[str, JsonValue]) -> None:
        """Write to the audit log, which is append-only."""
        from compound.connector.state.audit import append_audit

        with self._resources.state.write() as connection:
            append_audit(
                connection,
                at=self._resources.clock(),
                actor=str(record["actor"] or "graph"),
                event="policy.judged",
                subject=str(record["run_id"]),
                details=dict(record),
            )

    def pin(self, shelf: Shelf, name: str) -> str:
        """Version of the current definition of a name."""
        from compound.project.offer.cards import pin_of

        return pin_of(self._resources, shelf, name)


def _found(shelf: Mapping[str, T], name: str, what: str) -> T:
    found = shelf.get(name)
    if found is None:
        raise ProjectError(f"project.unknown-{what}", f"no {what} {name!r}", fix=choices(list(shelf), name))
    return found
