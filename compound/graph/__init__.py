"""Graphs: check, plan, run, pause, resume, draw. The only room that imports langgraph, and only to pause."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Final

# Checkpoints are read back as plain data only; langgraph reads this once, when it is imported.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

if TYPE_CHECKING:
    from compound.graph._cancel import cancel_run
    from compound.graph._changes import Change
    from compound.graph._check import check, check_file
    from compound.graph._compiled import CompoundGraph, compile_graph
    from compound.graph._diff import GraphDiff, compare, policy_changes
    from compound.graph._draw import draw
    from compound.graph._engine import Engine
    from compound.graph._events import (
        EffectSent,
        Listener,
        NodeFailed,
        NodeFinished,
        NodeSkipped,
        NodeStarted,
        ReviewOpened,
        RunEvent,
        RunFinished,
        RunStarted,
        Token,
        TokensVoid,
        event_json,
    )
    from compound.graph._interface import Interface, interface
    from compound.graph._kept import kept_policy
    from compound.graph._ledger import RunRecord, run_record
    from compound.graph._leftovers import drop_checkpoints, has_checkpoint
    from compound.graph._locks import idle_runs, place_of
    from compound.graph._pauses import PauseImpact
    from compound.graph._plan import Plan, plan
    from compound.graph._planned import PlannedCall
    from compound.graph._rehearse import Rehearsal, Trial
    from compound.graph._replay import Recording
    from compound.graph._result import ReplayResult, RunResult, RunStatus
    from compound.graph._sse import MEDIA_TYPE, SSE_HEADERS, sse
    from compound.graph._steps import Segment
    from compound.graph._svg import draw_svg
    from compound.graph._value_types import graph_signature
    from compound.graph.catalogue import Catalogue, Shelf, Signature
    from compound.graph.services import EffectGate, Services
    from compound.spec import Finding, GraphSpec, load_graph

_HOME: Final = {
    "Catalogue": "compound.graph.catalogue",
    "Change": "compound.graph._changes",
    "CompoundGraph": "compound.graph._compiled",
    "EffectGate": "compound.graph.services",
    "EffectSent": "compound.graph._events",
    "Engine": "compound.graph._engine",
    "Finding": "compound.spec",
    "cancel_run": "compound.graph._cancel",
    "GraphDiff": "compound.graph._diff",
    "GraphSpec": "compound.spec",
    "Interface": "compound.graph._interface",
    "Listener": "compound.graph._events",
    "MEDIA_TYPE": "compound.graph._sse",
    "NodeFailed": "compound.graph._events",
    "NodeFinished": "compound.graph._events",
    "NodeSkipped": "compound.graph._events",
    "NodeStarted": "compound.graph._events",
    "PauseImpact": "compound.graph._pauses",
    "Plan": "compound.graph._plan",
    "PlannedCall": "compound.graph._planned",
    "ReviewOpened": "compound.graph._events",
    "RunEvent": "compound.graph._events",
    "RunFinished": "compound.graph._events",
    "RunRecord": "compound.graph._ledger",
    "Recording": "compound.graph._replay",
    "Rehearsal": "compound.graph._rehearse",
    "ReplayResult": "compound.graph._result",
    "RunResult": "compound.graph._result",
    "RunStarted": "compound.graph._events",
    "RunStatus": "compound.graph._result",
    "SSE_HEADERS": "compound.graph._sse",
    "Segment": "compound.graph._steps",
    "Services": "compound.graph.services",
    "Shelf": "compound.graph.catalogue",
    "Signature": "compound.graph.catalogue",
    "Token": "compound.graph._events",
    "TokensVoid": "compound.graph._events",
    "Trial": "compound.graph._rehearse",
    "check": "compound.graph._check",
    "check_file": "compound.graph._check",
    "compare": "compound.graph._diff",
    "compile_graph": "compound.graph._compiled",
    "draw": "compound.graph._draw",
    "drop_checkpoints": "compound.graph._leftovers",
    "has_checkpoint": "compound.graph._leftovers",
    "draw_svg": "compound.graph._svg",
    "event_json": "compound.graph._events",
    "idle_runs": "compound.graph._locks",
    "place_of": "compound.graph._locks",
    "graph_signature": "compound.graph._value_types",
    "interface": "compound.graph._interface",
    "kept_policy": "compound.graph._kept",
    "load_graph": "compound.spec",
    "plan": "compound.graph._plan",
    "policy_changes": "compound.graph._diff",
    "run_record": "compound.graph._ledger",
    "sse": "compound.graph._sse",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


__all__ = [
    "MEDIA_TYPE",
    "SSE_HEADERS",
    "Catalogue",
    "Change",
    "CompoundGraph",
    "EffectGate",
    "EffectSent",
    "Engine",
    "Finding",
    "GraphDiff",
    "GraphSpec",
    "Interface",
    "Listener",
    "NodeFailed",
    "NodeFinished",
    "NodeSkipped",
    "NodeStarted",
    "PauseImpact",
    "Plan",
    "PlannedCall",
    "Recording",
    "Rehearsal",
    "ReplayResult",
    "ReviewOpened",
    "RunEvent",
    "RunFinished",
    "RunRecord",
    "RunResult",
    "RunStarted",
    "RunStatus",
    "Segment",
    "Services",
    "Shelf",
    "Signature",
    "Token",
    "TokensVoid",
    "Trial",
    "cancel_run",
    "check",
    "check_file",
    "compare",
    "compile_graph",
    "draw",
    "draw_svg",
    "drop_checkpoints",
    "event_json",
    "graph_signature",
    "has_checkpoint",
    "idle_runs",
    "interface",
    "kept_policy",
    "load_graph",
    "place_of",
    "plan",
    "policy_changes",
    "run_record",
    "sse",
]
