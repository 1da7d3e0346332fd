"""Reads Python signatures: converts JSON inputs to typed arguments, and typed results to JSON."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from compound.errors import DataError, ProjectError, RunError, choices
from compound.language.schema import closed_record
from compound.spec.declared import place_of as place

_MAX_PROBLEMS = 5


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A function's parameters and result as pydantic adapters.

    Attributes:
        name: The function's name, for errors.
        params: Parameter name to its adapter, in order.
        required: Parameters without a default.
        output: Adapter of the return annotation.
        params_schema: JSON schema of the inputs, an object without other keys.
        output_schema: JSON schema of the result.
    """

    name: str
    params: Mapping[str, TypeAdapter[Any]]
    required: frozenset[str]
    output: TypeAdapter[Any]
    params_schema: Mapping[str, JsonValue]
    output_schema: Mapping[str, JsonValue]

    # For speed: pydantic's validators without the adapters around them.
    @cached_property
    def _validators(self) -> Mapping[str, Callable[[object], Any]]:
        return {key: adapter.validator.validate_python for key, adapter in self.params.items()}

    @cached_property
    def _check(self) -> Callable[[object], object]:
        return self.output.validator.validate_python

    @cached_property
    def _dump(self) -> Callable[..., Any]:
        return self.output.serializer.to_python

    def arguments(self, inputs: Mapping[str, JsonValue]) -> dict[str, Any]:
        """Typed arguments from JSON inputs.

        Raises:
            DataError: ``tool.bad-input``: an unknown, missing or ill-typed input.
        """
        validators = self._validators
        problems: list[str] = []
        arguments: dict[str, Any] = {}
        for key, value in inputs.items():
            validate = validators.get(key)
            if validate is None:
                problems.append(f"unknown input {key!r}; {choices(list(self.params), key)}")
                continue
            try:
                arguments[key] = validate(value)
            except ValidationError as error:
                problems.extend(_sentences(key, error))
        missing = self.required - arguments.keys()
        if not missing and not problems:
            return arguments
        problems.extend(f"{key}: missing" for key in sorted(missing) if key not in inputs)
        if problems:
            shown = "; ".join(problems[:_MAX_PROBLEMS])
            raise DataError("tool.bad-input", f"{self.name}: {shown}", fix="pass the inputs that the tool declares")
        return arguments

    def dump(self, result: object) -> JsonValue:
        """The result as JSON, after validation against the return annotation.

        Raises:
            RunError: ``tool.bad-output``: the result does not match the declared type.
        """
        try:
            value: JsonValue = self._dump(self._check(result), mode="json")
        except ValidationError as error:
            shown = "; ".join(_sentences("result", error)[:_MAX_PROBLEMS])
            raise RunError(
                "tool.bad-output", f"{self.name}: {shown}", fix="return a value of the annotated type"
            ) from error
        except PydanticSerializationError as error:
            raise RunError("tool.bad-output", f"{self.name}: {error}", fix="return JSON values") from error
        return value


def require_typed(function: Callable[..., object], name: str) -> None:
    """Refuse a signature that cannot be called by name, without resolving annotations.

    Raises:
        ProjectError: ``tool.signature``: a parameter or the result has no annotation, or a parameter
            cannot be passed by name (positional-only, variadic).
    """
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            what = f"{name}: parameter {parameter.name!r} cannot be passed by name"
            raise ProjectError(
                "tool.signature", what, fix="declare a named parameter for each input", where=place(function)
            )
        if parameter.annotation is parameter.empty:
            what = f"{name}: parameter {parameter.name!r} has no type"
            raise ProjectError("tool.signature", what, fix="annotate it", where=place(function))
    if signature.return_annotation is signature.empty:
        what = f"{name}: the result has no type"
        raise ProjectError("tool.signature", what, fix="annotate the result", where=place(function))


def read_signature(function: Callable[..., object], name: str) -> Signature:
    """Adapters and schemas of a function.

    Raises:
        ProjectError: ``tool.signature``: an annotation cannot be resolved or is not a JSON type.
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters
        params = {key: TypeAdapter[Any](hints[key]) for key in parameters}
        output = TypeAdapter[Any](hints["return"])
        defaults = {
            key: item.default for key, item in parameters.items() if item.default is not inspect.Parameter.empty
        }
        return Signature(
            name=name,
            params=params,
            required=frozenset(params) - defaults.keys(),
            output=output,
            params_schema=_object_schema(params, defaults, _described(inspect.getdoc(function) or "")),
            output_schema=output.json_schema(mode="serialization"),
        )
    except (NameError, TypeError) as error:
        raise _unreadable(function, name, error) from error
    except Exception as error:
        if type(error).__module__.startswith("pydantic"):
            raise _unreadable(function, name, error) from error
        raise


def _unreadable(function: Callable[..., object], name: str, error: Exception) -> ProjectError:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    fix = "use pydantic models or JSON types that the module can resolve"
    return ProjectError("tool.signature", f"{name}: {first_line}", fix=fix, where=place(function))


def _object_schema(
    params: Mapping[str, TypeAdapter[Any]], defaults: Mapping[str, object], described: Mapping[str, str]
) -> dict[str, JsonValue]:
    inputs = [(key, "validation", adapter) for key, adapter in params.items()]
    by_key, shared = TypeAdapter.json_schemas(typing.cast("Any", inputs))
    properties: dict[str, dict[str, JsonValue]] = {}
    for key in params:
        field: dict[str, JsonValue] = dict(by_key[(typing.cast("Any", key), "validation")])
        if key in described and "description" not in field:
            field["description"] = described[key]
        if key in defaults:
            field["default"] = to_jsonable_python(defaults[key], fallback=str)
        properties[key] = field
    schema = closed_record(properties, [key for key in params if key not in defaults])
    if shared.get("$defs"):
        schema["$defs"] = shared["$defs"]
    return schema


def _described(doc: str) -> dict[str, str]:
    """The `Args:` section of a Google docstring: parameter to description."""
    found: dict[str, str] = {}
    inside, key = False, ""
    for line in doc.splitlines():
        if not line.startswith(" ") and line.strip():
            inside, key = line.strip() == "Args:", ""
        elif inside and line.strip():
            indent = len(line) - len(line.lstrip())
            head, colon, rest = line.strip().partition(":")
            if indent == 4 and colon:
                key = head.split(" ")[0]
                found[key] = rest.strip()
            elif key:
                found[key] += f" {line.strip()}"
    return found


def _sentences(key: str, error: ValidationError) -> list[str]:
    sentences: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join([key, *(str(part) for part in item["loc"])])
        sentences.append(f"{path}: {item['msg']}")
    return sentences
