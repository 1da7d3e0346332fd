"""Every model call goes through here: providers, retry, budget, journal, prices, spans."""

from __future__ import annotations

from compound.model._solvers import Abstain, Solver, find_solver, solver
from compound.model._types import (
    Block,
    CallKey,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    Provider,
    StopReason,
    StreamEnd,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolCall,
    ToolDelta,
    ToolResult,
    ToolSchema,
    Usage,
)

__all__ = [
    "Abstain",
    "Block",
    "CallKey",
    "Message",
    "ModelRequest",
    "ModelResponse",
    "NativeBlock",
    "Provider",
    "Solver",
    "StopReason",
    "StreamEnd",
    "StreamEvent",
    "TextBlock",
    "TextDelta",
    "ThinkingBlock",
    "ThinkingDelta",
    "ToolCall",
    "ToolDelta",
    "ToolResult",
    "ToolSchema",
    "Usage",
    "find_solver",
    "solver",
]
