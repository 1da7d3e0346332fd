"""Every model call goes through here: providers, retry, budget, journal, prices, spans."""

from __future__ import annotations

from compound.model._anthropic import AnthropicProvider
from compound.model._budget import Budget
from compound.model._gateway import Gateway
from compound.model._journal import Journal, MemoryJournal, Spent, StateJournal
from compound.model._langchain import LangchainProvider
from compound.model._offline import OfflineProvider
from compound.model._open import open_gateway
from compound.model._prices import foreseen
from compound.model._retry import RetryPolicy
from compound.model._route import Redact, Route
from compound.model._schema import problems as schema_problems
from compound.model._scripted import ScriptedProvider
from compound.model._solvers import Abstain, Solver, find_solver, solver
from compound.model._spoken_json import find_json, fitted
from compound.model._sync_loop import SyncLoop
from compound.model._types import (
    BilledStep,
    Block,
    CallKey,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    Provider,
    StopReason,
    StreamAlive,
    StreamEnd,
    StreamEvent,
    StreamRestart,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    Told,
    ToolCall,
    ToolDelta,
    ToolResult,
    ToolSchema,
    Usage,
)

__all__ = [
    "Abstain",
    "AnthropicProvider",
    "BilledStep",
    "Block",
    "Budget",
    "CallKey",
    "Gateway",
    "Journal",
    "LangchainProvider",
    "MemoryJournal",
    "Message",
    "ModelRequest",
    "ModelResponse",
    "NativeBlock",
    "OfflineProvider",
    "Provider",
    "Redact",
    "RetryPolicy",
    "Route",
    "ScriptedProvider",
    "Solver",
    "Spent",
    "StateJournal",
    "StopReason",
    "StreamAlive",
    "StreamEnd",
    "StreamEvent",
    "StreamRestart",
    "SyncLoop",
    "TextBlock",
    "TextDelta",
    "ThinkingBlock",
    "ThinkingDelta",
    "Told",
    "ToolCall",
    "ToolDelta",
    "ToolResult",
    "ToolSchema",
    "Usage",
    "find_json",
    "find_solver",
    "fitted",
    "foreseen",
    "open_gateway",
    "schema_problems",
    "solver",
]
