"""Provider `langchain`: any `BaseChatModel`, through its public interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import CompoundError, ModelError, ProjectError
from compound.model.call.canonical import to_json
from compound.model.call.per_loop import PerLoop
from compound.model.call.types import (
    ModelRequest,
    ModelResponse,
    StreamAlive,
    StreamEnd,
    StreamEvent,
    TextBlock,
    TextDelta,
    ToolDelta,
)
from compound.model.provider.langchain_errors import as_model_error
from compound.model.provider.langchain_wire import to_messages, to_response
from compound.model.typed.schema import is_closed, with_root

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from pydantic import JsonValue

_LIMITS: Final = ("max_tokens", "max_output_tokens", "max_completion_tokens", "num_predict", "max_new_tokens")
_TIMEOUTS: Final = ("timeout", "request_timeout", "default_request_timeout")
_MODEL_IDS: Final = ("model", "model_name", "model_id")


class LangchainProvider:
    """Calls a LangChain chat model. Typed answers use the model's native support if any; the gateway validates them.

    Args:
        model: The chat model, with its own retries off. A class or function without arguments creates one for each
            event loop, because connections belong to one loop.
        name: Name in spans.
    """

    def __init__(self, model: BaseChatModel | type[BaseChatModel] | Any, *, name: str = "langchain") -> None:  # noqa: ANN401
        from langchain_core.language_models import BaseChatModel

        self.name = name
        given = model
        make = (lambda: given) if isinstance(model, BaseChatModel) else given
        self._models: PerLoop[BaseChatModel] = PerLoop(cast("Any", make), _let_go)

    @classmethod
    def from_factory(
        cls, factory: str, options: Mapping[str, JsonValue], *, timeout_s: float | None = None, package: str = ""
    ) -> LangchainProvider:
        """Create the chat model `package.module:Class`; modules of the project take precedence.

        Its retries are switched off, and timeout and stream usage are set, where it has such fields and `options` do
        not set them.

        Raises:
            ProjectError: `model.langchain`: it cannot be imported or created.
        """
        module, _, name = factory.partition(":")
        try:
            kind = getattr(import_module(_own(package, module) or module), name)
            known = _fields(kind)
            ours: dict[str, Any] = {}
            if "max_retries" in known:
                ours["max_retries"] = 0
            if "stream_usage" in known:
                ours["stream_usage"] = True
            own_timeout = next((one for one in _TIMEOUTS if one in known), None)
            if own_timeout is not None and timeout_s is not None and not options.keys() & set(_TIMEOUTS):
                ours[own_timeout] = timeout_s
            arguments = {**ours, **options}
            made = kind(**arguments)
        except Exception as error:
            what = f"cannot create {factory!r}: {type(error).__name__}: {error}"
            fix = "install its package, or add the module to your project; write it as package.module:Class"
            raise ProjectError("model.langchain", what, fix=fix) from error
        spare = [made]
        return cls(lambda: spare.pop() if spare else kind(**arguments))

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer one request. Failures without a known HTTP status are `model.langchain-failed`, not retried."""
        try:
            model, settings = _with_settings(await self._models.get(), request)
            structured = _structured(model, request)
            if structured is not None:
                messages = to_messages(request, asks_in_words=False)
                return self._read(await structured.ainvoke(messages), request)
            bound = _bound(model, request, settings)
            answer = await bound.ainvoke(to_messages(request, asks_in_words=True))
        except CompoundError:
            raise
        except Exception as error:
            raise as_model_error(error) from error
        return to_response(cast("AIMessage", answer), provider=self.name, model=request.model)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream an answer; natively typed answers come in one piece."""
        whole: Any = None
        try:
            model, settings = _with_settings(await self._models.get(), request)
            if _structured(model, request) is not None:
                response = await self.complete(request)
                yield TextDelta(text=response.text)
                yield StreamEnd(response=response)
                return
            bound = _bound(model, request, settings)
            async with aclosing(bound.astream(to_messages(request, asks_in_words=True))) as pieces:
                async for piece in pieces:
                    whole = piece if whole is None else whole + piece
                    told = [
                        ToolDelta(index=part.get("index") or 0, json_text=part.get("args") or "")
                        for part in getattr(piece, "tool_call_chunks", ())
                    ]
                    if piece.text:
                        yield TextDelta(text=str(piece.text))
                    elif not told:
                        yield StreamAlive()
                    for delta in told:
                        yield delta
        except CompoundError:
            raise
        except Exception as error:
            raise as_model_error(error) from error
        if whole is None:
            raise ModelError("model.broken-stream", "langchain: the stream was empty", retryable=True)
        yield StreamEnd(response=to_response(cast("AIMessage", whole), provider=self.name, model=request.model))

    async def aclose(self) -> None:
        """Release the model of the running loop."""
        await self._models.aclose()

    def _read(self, answer: Mapping[str, Any], request: ModelRequest) -> ModelResponse:
        """Read a typed answer: the model's message and the value that LangChain parsed."""
        response = to_response(cast("AIMessage", answer["raw"]), provider=self.name, model=request.model)
        parsed = cast("JsonValue", answer.get("parsed"))
        if parsed is None and len(response.tool_calls) == 1:
            # The model answers through a tool; an invalid answer is repaired like any other.
            parsed = dict(response.tool_calls[0].arguments)
        if response.stop_reason not in {"end_turn", "stop_sequence", "tool_use"} or not isinstance(parsed, dict):
            return _without_calls(response, response.text)
        return _without_calls(response, to_json(parsed).decode(), parsed)


def _without_calls(response: ModelResponse, text: str, data: JsonValue = None) -> ModelResponse:
    stop = "end_turn" if response.stop_reason == "tool_use" else response.stop_reason
    content = (TextBlock(text=text),) if text else ()
    return replace(response, text=text, data=data, tool_calls=(), content=content, stop_reason=stop)


async def _let_go(model: object) -> None:
    """LangChain cannot close a model; its connections close with it."""
    del model


def _fields(kind: object) -> set[str]:
    """Names of a class's settings."""
    known: Mapping[str, Any] = getattr(kind, "model_fields", None) or {}
    return {*known, *(str(field.alias) for field in known.values() if field.alias)}


def _with_settings(model: BaseChatModel, request: ModelRequest) -> tuple[BaseChatModel, dict[str, Any]]:
    """The model with a request's limits set as fields where possible, and the remaining settings to bind."""
    fields = type(model).model_fields
    limit = next((name for name in _LIMITS if name in fields), None)
    own: dict[str, Any] = {}
    settings = dict(cast("Mapping[str, Any]", request.options))
    if request.max_tokens:
        (own if limit else settings)[limit or "max_tokens"] = request.max_tokens
    if request.temperature is not None:
        (own if "temperature" in fields else settings)["temperature"] = request.temperature
    return (model.model_copy(update=own) if own else model), settings


def _tools(request: ModelRequest) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in request.tools
    ]


def _bound(model: BaseChatModel, request: ModelRequest, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 LangChain has no name for a bound model
    settings = dict(settings)
    tools: list[Any] = [*_tools(request), *cast("Sequence[Any]", settings.pop("tools", None) or ())]
    bound: Any = model.bind_tools(tools) if tools else model
    return bound.bind(**settings) if settings else bound


def _structured(model: BaseChatModel, request: ModelRequest) -> Any:  # noqa: ANN401
    """The model with native structured output for the request's schema; None if it has none."""
    schema = None if request.output_schema is None else with_root(request.output_schema)
    if schema is None or request.tools or request.options or schema.get("type") != "object" or not is_closed(schema):
        return None
    named = {"title": "answer", "description": "The answer.", **schema}
    try:
        return model.with_structured_output(named, include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _own(package: str, module: str) -> str:
    """The full name of a module of the project; empty where the project has no such file."""
    top, _, rest = module.partition(".")
    folder = find_spec(f"{package}.{top}") if package and top else None
    if folder is None:
        return ""
    found = find_spec(f"{package}.{module}") if rest else folder
    return f"{package}.{module}" if found is not None and found.origin else ""
