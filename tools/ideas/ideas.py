"""Ideas from several points of view: collected without duplicates, and a solver without a model that asks questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.model import solver
from compound.tool import tool

from ..shop.documents import Json
from .quoting import words_of

SAME = 0.6
"""Share of common words from which two ideas count as one."""
MOST_IDEAS = 40
VIEWS = (
    "a customer who is annoyed right now",
    "an agent who answers eighty letters a day",
    "the owner, who pays for it",
    "somebody who is sure that it will fail",
    "a newcomer who asks why it is done at all",
)
_QUESTIONS = (
    ("Leave something out", "Which step could be left out, so that nobody would miss it?"),
    ("Do it before", "What could be done before anybody has to ask?"),
    ("Turn it round", "What if the other side did it: the customer, the warehouse, the bank?"),
    ("Borrow it", "Who has the same trouble elsewhere, and what do they do?"),
    ("Half of it", "What would be done if there were half of the time, or of the money?"),
)
"""Questions of checklists for invention (after Osborn, Applied Imagination, 1953): they need no knowledge of the topic."""


class Idea(BaseModel):
    """An idea as a model gives it."""

    title: str
    text: str


class View(TypedDict):
    """The ideas from one point of view."""

    view: str
    ideas: list[Idea]


class NumberedIdea(TypedDict):
    """An idea of the pool; `views` had it, `also` are other titles with the same content."""

    number: int
    title: str
    text: str
    views: list[str]
    also: list[str]


class Pool(TypedDict):
    """Every idea once; `notes` name what was left out."""

    ideas: list[NumberedIdea]
    notes: list[str]


class FailedView(TypedDict):
    """A point of view without ideas."""

    index: int
    item: Json
    code: str
    what: str


@solver("checklist_ideas")
def ask_the_usual(inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `ideas` node without a model: a checklist question for each view. It has no ideas."""
    view = str(inputs.get("view") or "")
    at = VIEWS.index(view) if view in VIEWS else sum(map(ord, view))
    title, question = _QUESTIONS[at % len(_QUESTIONS)]
    return [{"title": title, "text": question}]


@tool
def views_of(given: list[str] | None) -> list[str]:
    """The given points of view, each once; by default five usual ones."""
    named = [one.strip() for one in given or [] if one.strip()]
    return list(dict.fromkeys(named)) or list(VIEWS)


@tool
def view_ideas(view: str, ideas: list[Idea] | None) -> View:
    """The ideas of one point of view; none if the model gave no usable answer."""
    return View(view=view, ideas=[one for one in ideas or [] if one.title.strip() or one.text.strip()])


@tool
def pool_ideas(views: list[View], failed: list[FailedView]) -> Pool:
    """Every idea once, in turn from each view, so that no view fills the pool; ideas in common words are merged."""
    ideas: list[NumberedIdea] = []
    bags: list[frozenset[str]] = []
    left = 0
    for view, one in _in_turn(views):
        bag = frozenset(words_of(f"{one.title} {one.text}"))
        same = next((at for at, other in enumerate(bags) if _share(bag, other) >= SAME), None)
        if same is not None:
            known = ideas[same]
            known["views"] = list(dict.fromkeys([*known["views"], view]))
            if one.title != known["title"]:
                known["also"].append(one.title)
        elif len(ideas) < MOST_IDEAS:
            bags.append(bag)
            number = len(ideas) + 1
            ideas.append(NumberedIdea(number=number, title=one.title, text=one.text, views=[view], also=[]))
        else:
            left += 1
    return Pool(ideas=ideas, notes=_notes(views, failed, ideas, left))


def _in_turn(views: Sequence[View]) -> list[tuple[str, Idea]]:
    longest = max((len(view["ideas"]) for view in views), default=0)
    return [(view["view"], view["ideas"][at]) for at in range(longest) for view in views if at < len(view["ideas"])]


def _notes(views: Sequence[View], failed: Sequence[FailedView], ideas: Sequence[NumberedIdea], left: int) -> list[str]:
    given = sum(len(view["ideas"]) for view in views)
    notes = [f"{given} ideas from {len(views)} points of view, {len(ideas)} of them different"]
    notes += [f"no ideas from {view['view']}: the model gave none" for view in views if not view["ideas"]]
    notes += [f"no ideas from {one['item']}: {one['what']} [{one['code']}]" for one in failed]
    if left:
        notes.append(f"{left} more were left out: {MOST_IDEAS} can be ranked")
    return notes


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
