"""What the project offers: queues, policies and the reasons of decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from compound.client.offered import Policy, Queue, Reasons
from compound.language.types import Enum, bare, parse_type
from compound.spec.nodes import ReviewNode
from compound.web.api.calls import Reader, aside, problems, service_of
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import Project
    from compound.spec import GraphSpec

router = APIRouter(tags=["project"])


@router.get("/queues", responses=problems())
async def list_queues(request: Request, person: Reader) -> list[Queue]:
    """The queues that have reviews, with the number of reviews by status; of the caller's teams."""

    def read() -> list[Queue]:
        queue = service_of(request).queue
        names = [name for name in queue.counted().queues if person.sees(name)]
        return [
            Queue(name=name, reviews={one.value: number for one, number in queue.counts(queue=name).items()})
            for name in names
        ]

    return await aside(read)


@router.get("/policies", responses=problems())
async def list_policies(request: Request, person: Reader) -> list[Policy]:
    """The policies of the project: what its graphs may do, and what only a person may decide."""
    return await aside(lambda: list(_policies(place_of(request).project)))


@router.get("/reasons", responses=problems())
async def list_reasons(request: Request, person: Reader) -> list[Reasons]:
    """The reasons that decisions offer, as the graphs declare them; a change of a graph changes them."""
    project = place_of(request).project
    return await aside(lambda: [one for spec in _specs(project) for one in _reasons(spec)])


def _specs(project: Project) -> Iterator[GraphSpec]:
    for name in project.graph_names():
        yield project.engine(name).plan.spec


def _policies(project: Project) -> Iterator[Policy]:
    used = {spec.name: spec.policy for spec in _specs(project)}
    parts = project.resources.parts
    for name in parts.policy_files:
        found = parts.policy(name)
        yield Policy(
            name=name,
            graphs=tuple(graph for graph, policy in used.items() if policy == name),
            effects={effect: rule.model_dump(mode="json") for effect, rule in found.effects.items()},
            automatic=None if found.automatic is None else found.automatic.model_dump(mode="json"),
        )


def _reasons(spec: GraphSpec) -> Iterator[Reasons]:
    for name, node in spec.nodes.items():
        if not isinstance(node, ReviewNode):
            continue
        for action, fields in node.decide.items():
            for field, written in fields.items():
                kind = bare(parse_type(written), spec.type_names)
                if field == "reason" or isinstance(kind, Enum):
                    choices = kind.values if isinstance(kind, Enum) else ()
                    yield Reasons(graph=spec.name, node=name, action=action, field=field, choices=choices)
