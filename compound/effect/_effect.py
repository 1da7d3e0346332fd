"""Effects: reviewed functions that change something outside, declared by a decorator."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ValidationError

from compound.errors import DataError, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A declared effect.

    Attributes:
        name: As graphs and decisions name it.
        target: Name of the target in whose transaction it runs: `shop`, `desk`.
        description: What it does, for people and models.
        args_model: Its arguments.
        schema: JSON Schema of the arguments.
        function: `(tx, args) -> JSON value`; `tx` is the target's own transaction.
    """

    name: str
    target: str
    description: str
    args_model: type[BaseModel]
    schema: Mapping[str, JsonValue]
    function: Callable[[Any, Any], JsonValue]

    def parse(self, args: Mapping[str, JsonValue]) -> BaseModel:
        """The arguments as the function takes them.

        Raises:
            DataError: `effect.bad-arguments`, naming each field that does not fit.
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
        """Run it in the target's transaction; whatever it raises, the target rolls back.

        Raises:
            DataError: `effect.bad-arguments`; `effect.bad-result`: the answer is not JSON.
            EffectRefused: From the function: a precondition does not hold.
        """
        result = self.function(tx, self.parse(args))
        # found out here, inside the transaction: later the change would be made and its answer lost
        try:
            json.dumps(result, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise DataError("effect.bad-result", f"{self.name} answers with no JSON value: {error}") from error
        return result


def effect(name: str, *, target: str, description: str = "") -> Callable[[Callable[[Any, Any], JsonValue]], Effect]:
    """Declare an effect: `@effect("cancel_pending_order", target="shop")` over `(tx, args: Model) -> JSON`.

    The function checks every precondition, raises `EffectRefused` where one does not hold, and changes things
    only through `tx`: its target commits the effects of one decision together, or none.

    Args:
        name: How graphs and decisions name it.
        target: In whose transaction it runs.
        description: The function's docstring where it is empty.

    Raises:
        ProjectError: `effect.signature`: not `(tx, args)` with a pydantic model for `args`.
    """

    def declare(function: Callable[[Any, Any], JsonValue]) -> Effect:
        model = _args_model(name, function)
        return Effect(
            name=name,
            target=target,
            description=description or inspect.getdoc(function) or "",
            args_model=model,
            schema=model.model_json_schema(),
            function=function,
        )

    return declare


def _args_model(name: str, function: Callable[..., object]) -> type[BaseModel]:
    parameters = list(inspect.signature(function).parameters)
    model = get_type_hints(function).get(parameters[1]) if len(parameters) == 2 else None
    if not (inspect.isclass(model) and issubclass(model, BaseModel)) or inspect.iscoroutinefunction(function):
        raise ProjectError(
            "effect.signature",
            f"effect {name!r} is {getattr(function, '__qualname__', function)}({', '.join(parameters)})",
            fix="write a plain function (tx, args: Model) where Model is a pydantic model",
        )
    return model
