"""Model calls: providers, retries, budget, journal, prices, spans."""

from __future__ import annotations

from compound.model.call.retry import RetryPolicy
from compound.model.call.sync_loop import SyncLoop
from compound.model.call.types import (
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
from compound.model.gateway.budget import Budget
from compound.model.gateway.doors import ProviderSetup
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import Journal, MemoryJournal, Spent, StateJournal
from compound.model.gateway.opening import open_gateway
from compound.model.gateway.prices import foreseen
from compound.model.gateway.route import Redact, Route
from compound.model.provider.anthropic import AnthropicProvider
from compound.model.provider.langchain import LangchainProvider
from compound.model.provider.offline import OfflineProvider
from compound.model.provider.scripted import ScriptedProvider
from compound.model.provider.solvers import Abstain, Solver, find_solver, solver, solver_names
from compound.model.typed.schema import problems as schema_problems
from compound.model.typed.spoken_json import find_json, fitted

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
    "ProviderSetup",
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
    "solver_names",
]
