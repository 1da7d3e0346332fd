"""langgraph by hand: draft, `interrupt()`, send; each step kept by langgraph's SQLite saver before the next begins."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt


class State(TypedDict, total=False):
    """What the nodes share."""

    text: str
    draft: str
    action: str
    sent: str


async def draft(state: State) -> dict[str, str]:
    """The reply."""
    return {"draft": f"Dear you, {state.get('text', '')}"}


async def review(state: State) -> dict[str, str]:
    """Wait for a person."""
    return {"action": interrupt({"draft": state.get("draft", "")})["action"]}


async def after(state: State) -> dict[str, str]:
    """Send it."""
    return {"sent": f"Dear you, {state.get('draft', '')}"}


async def route(state: State) -> str:
    """Whether it was approved."""
    return state.get("action", "")


def build(saver: Any) -> Any:
    """The compiled graph."""
    graph: Any = StateGraph(State)
    for name, node in (("do_draft", draft), ("do_review", review), ("do_after", after)):
        graph.add_node(name, node)
    graph.add_edge(START, "do_draft")
    graph.add_edge("do_draft", "do_review")
    graph.add_conditional_edges("do_review", route, {"approve": "do_after", "reject": END})
    graph.add_edge("do_after", END)
    return graph.compile(checkpointer=saver)


async def run(app: Any, run_id: str) -> None:
    """One run through a person's hands.

    Raises:
        RuntimeError: It did not wait, or did not send.
    """
    config = {"configurable": {"thread_id": run_id}}
    paused = await app.ainvoke({"text": "thank you for writing"}, config, durability="sync")
    if "__interrupt__" not in paused:
        raise RuntimeError("langgraph did not wait")
    state = await app.ainvoke(Command(resume={"action": "approve"}), config, durability="sync")
    if not state.get("sent"):
        raise RuntimeError("langgraph did not send")
