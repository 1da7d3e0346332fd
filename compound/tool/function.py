"""`Function`: a Python function that a graph can call with JSON."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property, partial, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from pydantic import JsonValue

from compound.errors import Location, ProjectError
from compound.spec.declared import note_declared
from compound.tool.signature import Signature, place, read_signature, require_typed

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from compound.tool.verdict import Verdict

P = ParamSpec("P")
R = TypeVar("R")


class Function(Generic[P, R]):
    """A function with a name and JSON schemas of its inputs and result.

    The function stays callable with Python values; graphs use `call` with JSON.

    Attributes:
        name: Name in graph files (`tool: read_letter`, or `kind: provenance` for a check).
        kind: `tool` or `check`.
        description: First paragraph of the docstring.
        callable: The original function.
        is_async: Whether it returns an awaitable.
        blocking: Whether it blocks for more than about 2 ms and runs in a worker thread.
        is_adapter: Whether it wraps a tool of another library; it belongs to the module that contains it.
        origin: The wrapped tool; else the function itself.
        where: File and line of the definition.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str = "",
        kind: Literal["tool", "check"] = "tool",
        blocking: bool = False,
        signature: Signature | None = None,
        adapts: object = None,
    ) -> None:
        """Internal: `@tool` and `@check` make it."""
        self.name = name or function.__name__
        self.kind: Literal["tool", "check"] = kind
        self.callable = function
        self.is_async = inspect.iscoroutinefunction(function)
        self.blocking = blocking
        self.is_adapter = adapts is not None
        self.origin = function if adapts is None else adapts
        self.where: Location = place(function)
        self.description = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
        self._given = signature
        if signature is None:
            require_typed(function, self.name)
        note_declared(kind, self.name, function)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the original function with Python values."""
        return self.callable(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Function({self.name!r}, kind={self.kind!r})"

    @cached_property
    def signature(self) -> Signature:
        """Internal: adapters of the parameters and the result, resolved at first use.

        Raises:
            ProjectError: ``tool.signature``: an annotation cannot be resolved or is not a JSON type.
        """
        return self._given or read_signature(self.callable, self.name)

    @property
    def params_schema(self) -> Mapping[str, JsonValue]:
        """JSON schema of the inputs: an object, no other keys."""
        return self.signature.params_schema

    @property
    def output_schema(self) -> Mapping[str, JsonValue]:
        """JSON schema of the result."""
        return self.signature.output_schema

    async def call(self, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """Run it: JSON in, JSON out.

        Raises:
            DataError: ``tool.bad-input``: unknown, missing or ill-typed inputs.
            RunError: ``tool.bad-output``: the result does not match the declared type.
            Exception: Whatever the function raises, unchanged.
        """
        signature = self.signature
        arguments = signature.arguments(inputs)
        if self.is_async:
            return signature.dump(await cast("Callable[..., Awaitable[object]]", self.callable)(**arguments))
        function = cast("Callable[..., object]", self.callable)
        if self.blocking:
            return signature.dump(await _in_thread(function, arguments))
        result = function(**arguments)
        if isinstance(result, Awaitable):
            result = await result
        return signature.dump(result)

    def to_langchain(self) -> StructuredTool:
        """The function as a LangChain tool, which models call through `call`."""
        from compound.tool.structured import structured

        signature = self.signature
        function = cast("Callable[..., object]", self.callable)

        def invoke(**inputs: JsonValue) -> JsonValue:
            return signature.dump(function(**signature.arguments(inputs)))

        sync = None if self.is_async else invoke
        return structured(self.name, self.description or self.name, self.params_schema, self.call, sync=sync)


async def _in_thread(function: Callable[..., object], arguments: Mapping[str, Any]) -> object:
    from anyio.to_thread import run_sync

    return await run_sync(partial(function, **arguments), abandon_on_cancel=True)


@overload
def tool(function: Callable[P, R], /) -> Function[P, R]: ...
@overload
def tool(name: str = "", /, *, blocking: bool = False) -> Callable[[Callable[P, R]], Function[P, R]]: ...
@overload
def tool(*, name: str, blocking: bool = False) -> Callable[[Callable[P, R]], Function[P, R]]: ...
def tool(
    function: Callable[P, R] | str = "", /, *, name: str = "", blocking: bool = False
) -> Function[P, R] | Callable[[Callable[P, R]], Function[P, R]]:
    """Declare a Python function as a tool: `@tool`, or `@tool("name")` for another name in graphs.

    Args:
        function: The function, with types on every parameter and the result; or the name.
        name: Name in graph files; default: the function's name.
        blocking: Whether to run it in a worker thread.

    Raises:
        ProjectError: ``tool.signature``: the signature is not fully typed.

    Example:
        >>> @tool
        ... def double(n: int) -> int:
        ...     return 2 * n
        >>> double(4), double.name
        (8, 'double')
    """
    if not isinstance(function, str):
        return Function(function, name=name, blocking=blocking)
    return lambda inner: Function(inner, name=function or name, blocking=blocking)


def check(kind: str, *, blocking: bool = False) -> Callable[[Callable[P, Verdict]], Function[P, Verdict]]:
    """Declare a function that returns a `Verdict` as a check (`use: check, kind: <kind>`).

    Raises:
        ProjectError: ``tool.signature``: the signature is not fully typed or does not return a `Verdict`.
    """

    def declare(function: Callable[P, Verdict]) -> Function[P, Verdict]:
        declared = Function(function, name=kind, kind="check", blocking=blocking)
        result = inspect.signature(function).return_annotation
        named = result if isinstance(result, str) else getattr(result, "__name__", "")
        if named.rpartition(".")[2] != "Verdict":
            what = f"check {kind!r} returns {named or result!r}, not a Verdict"
            raise ProjectError("tool.signature", what, fix="return a Verdict", where=declared.where)
        return declared

    return declare
