"""Model calls: providers, retries, budget, journal, prices, spans."""

from __future__ import annotations

from compound.model.call.types import (
    BilledStep,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    Provider,
    StreamAlive,
    StreamEnd,
    StreamEvent,
    StreamRestart,
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
from compound.model.gateway.doors import ProviderSetup
from compound.model.provider.anthropic import AnthropicProvider
from compound.model.provider.langchain import LangchainProvider
from compound.model.provider.scripted import ScriptedProvider
from compound.model.provider.solvers import Abstain, solver

__all__ = [
    "Abstain",
    "AnthropicProvider",
    "BilledStep",
    "LangchainProvider",
    "Message",
    "ModelRequest",
    "ModelResponse",
    "NativeBlock",
    "Provider",
    "ProviderSetup",
    "ScriptedProvider",
    "StreamAlive",
    "StreamEnd",
    "StreamEvent",
    "StreamRestart",
    "TextBlock",
    "TextDelta",
    "ThinkingBlock",
    "ThinkingDelta",
    "ToolCall",
    "ToolDelta",
    "ToolResult",
    "ToolSchema",
    "Usage",
    "solver",
]
