"""A run's events as langgraph's streams: `custom` gets every event, `messages` the tokens of models."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from compound.graph.run.events import RunEvent, Token, event_json

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from compound.graph.run.active import ActiveRun

HEARD: Final = "__compound_heard"
"""Key of `configurable`: the caller streams `messages` or `custom`, so models are asked to stream."""

_TASK: Final = "__pregel_task_id"
_STREAM: Final = "__pregel_stream"


def is_nested(config: RunnableConfig | None) -> bool:
    """Whether a graph runs within a node of another graph, directly or from the node's code."""
    from langchain_core.runnables.config import ensure_config

    return _TASK in ensure_config(config).get("configurable", {})


def _is_heard(config: RunnableConfig) -> bool:
    """Whether the caller, the caller of an outer graph, or LangChain's event stream reads tokens or events."""
    from langchain_core.tracers._streaming import _StreamingCallbackHandler  # pyright: ignore[reportPrivateUsage]

    known = config.get("configurable", {})
    modes: object = getattr(known.get(_STREAM), "modes", ())
    if known.get(HEARD) or (isinstance(modes, set) and "custom" in modes):
        return True
    callbacks = config.get("callbacks") or []
    handlers = callbacks if isinstance(callbacks, list) else callbacks.handlers
    return any(isinstance(handler, _StreamingCallbackHandler) for handler in handlers)


class Heard:
    """Sends a run's events to langgraph while the block runs; does nothing if nobody streams."""

    def __init__(self, config: RunnableConfig, run: ActiveRun) -> None:
        self._config = config
        self._run = run
        self._open: dict[tuple[str, int], Any] = {}
        self._write: Any = None

    async def __aenter__(self) -> None:
        """Start to listen."""
        if _is_heard(self._config):
            from langgraph.config import get_stream_writer

            self._write = get_stream_writer()
            self._run.listener = self._tell

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the answers that were started."""
        from langchain_core.outputs import LLMResult

        self._run.listener = None
        for answer in self._open.values():
            await answer.on_llm_end(LLMResult(generations=[]))

    async def _tell(self, event: RunEvent) -> None:
        self._write(event_json(event))
        if isinstance(event, Token):
            await self._token(event)

    async def _token(self, event: Token) -> None:
        from langchain_core.messages import AIMessageChunk
        from langchain_core.outputs import ChatGenerationChunk

        key = (event.node, event.call)
        if key not in self._open:
            self._open[key] = await self._begun(event)
        answer = self._open[key]
        message = AIMessageChunk(content=event.text, id=f"run-{answer.run_id}")
        await answer.on_llm_new_token(event.text, chunk=ChatGenerationChunk(message=message))

    async def _begun(self, event: Token) -> Any:  # noqa: ANN401 - a run manager of LangChain
        from langchain_core.callbacks import AsyncCallbackManager

        config = self._config
        manager = AsyncCallbackManager.configure(
            inheritable_callbacks=config.get("callbacks"),
            inheritable_tags=config.get("tags"),
            inheritable_metadata={**(config.get("metadata") or {}), "compound_node": event.node},
        )
        (answer,) = await manager.on_chat_model_start({"name": event.node}, [[]], name=event.node)
        return answer
