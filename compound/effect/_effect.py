"""Effects: functions that change an external system after review, declared by a decorator."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ValidationError

from compound.errors import DataError, Location, ProjectError
from compound.spec.declared import note_declared, place_of

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A declared effect.

    Attributes:
        name: Name in graphs and decisions.
        target: Name of its target, which provides the transaction: the name of a file in `connectors/`.
        description: What it does, for people and models.
        args_model: Model of the arguments.
        schema: JSON Schema of the arguments.
        function: `(tx, args) -> JSON value`; `tx` is the target's own transaction.
        where: File and line of the function.
        transaction_of: Kind of target (`records`, `mailbox`) from the annotation of `tx`; empty if it has none.
    """

    name: str
    target: str
    description: str
    args_model: type[BaseModel]
    schema: Mapping[str, JsonValue]
    function: Callable[[Any, Any], JsonValue]
    where: Location = field(default_factory=lambda: Location(""))
    transaction_of: str = ""

    def parse(self, args: Mapping[str, JsonValue]) -> BaseModel:
        """Parse the arguments into the function's model.

        Raises:
            DataError: `effect.bad-arguments`, naming each invalid field.
        """
        try:
            return self.args_model.model_validate(args)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
                for problem in error.errors(include_url=False)
            )
            raise DataError("effect.bad-arguments", f"{self.name}: {problems}") from error

    def perform(self, tx: object, args: Mapping[str, JsonValue]) -> JsonValue:
        """Run the function in the target's transaction; the target rolls back on any exception.

        Raises:
            DataError: `effect.bad-arguments`; `effect.bad-result`: the result is not JSON.
            EffectRefused: Raised by the function: a precondition does not hold.
        """
        result = self.function(tx, self.parse(args))
        # checked inside the transaction: afterwards the change would be committed and its result lost
        try:
            json.dumps(result, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise DataError("effect.bad-result", f"{self.name} does not return a JSON value: {error}") from error
        return result


def effect(name: str, *, target: str, description: str = "") -> Callable[[Callable[[Any, Any], JsonValue]], Effect]:
    """Declare an effect: `@effect("cancel_pending_order", target="shop")` over `(tx, args: Model) -> JSON`.

    The function checks every precondition, raises `EffectRefused` if one does not hold, and changes things only through
    `tx`: the target commits all effects of a decision, or none.

    Args:
        name: Name in graphs and decisions.
        target: Name of the target, which provides the transaction.
        description: Default: the function's docstring.

    Raises:
        ProjectError: `effect.signature`: not `(tx, args)` with a pydantic model for `args`.
    """

    def declare(function: Callable[[Any, Any], JsonValue]) -> Effect:
        model = _args_model(name, target, function)
        note_declared("effect", name, function)
        return Effect(
            name=name,
            target=target,
            description=description or inspect.getdoc(function) or "",
            args_model=model,
            schema=model.model_json_schema(),
            function=function,
            where=place_of(function),
            transaction_of=_transaction_of(function),
        )

    return declare


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
_CONNECTORS = "compound.connector."


def _args_model(name: str, target: str, function: Callable[..., object]) -> type[BaseModel]:
    parameters = inspect.signature(function).parameters
    hints = get_type_hints(function) if len(parameters) == 2 else {}
    model = hints.get(list(parameters)[-1])
    is_plain = not (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )
    is_called_so = all(one.kind in _NAMED for one in parameters.values())
    if not (is_plain and is_called_so and inspect.isclass(model) and issubclass(model, BaseModel)):
        shown = ", ".join(str(one) for one in parameters.values())
        raise ProjectError(
            "effect.signature",
            f"effect {name!r} is {getattr(function, '__qualname__', function)}({shown})",
            fix="write a plain function (tx, args: Model) where Model is a pydantic model",
            where=place_of(function),
        )
    return model


def _transaction_of(function: Callable[..., object]) -> str:
    """The connector whose transaction `tx` is annotated with; empty without an annotation."""
    given = get_type_hints(function).get(next(iter(inspect.signature(function).parameters)))
    module = given.__module__ if inspect.isclass(given) else ""
    return module.removeprefix(_CONNECTORS).partition(".")[0] if module.startswith(_CONNECTORS) else ""
