"""Validates plain data with the model of its kind of file; every mistake has its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from compound.errors import choices
from compound.language.findings import Finding, InvalidFile, in_file_order
from compound.spec.yaml.describe import descriptions
from compound.spec.yaml.mistakes import mistake_of, path_in, without_branches, without_misspelt
from compound.spec.yaml.reading import YamlDocument

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound="BaseModel")


def validated(document: YamlDocument, model: type[M], code: str = "project.bad-file") -> M:
    """Plain data as its model.

    Raises:
        InvalidFile: with `code`: every unknown key, missing key and wrong value, each with its place.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        details = without_misspelt(error.errors(include_url=False))
        plain = without_branches(details, lambda one: _path(one, document))
        findings = [_finding(detail, document, model, code) for detail in plain]
        raise InvalidFile(in_file_order(findings)) from None


def _finding(detail: ErrorDetails, document: YamlDocument, model: type[BaseModel], code: str) -> Finding:
    path, source = _path(detail, document), document.source
    name = ".".join(str(step) for step in path) or "the file"
    if found := mistake_of(detail, path):
        where = source.key(path) if found.at_key else source.value(path)
        return Finding(found.code or code, f"{name}: {found.what}", where, found.fix)
    if detail["type"] == "extra_forbidden":
        known = _keys(model, path[:-1])
        fix = choices(known, str(path[-1]), limit=30) if known else "drop it"
        return Finding(code, f"unknown key {name!r}", source.key(path), fix)
    if detail["type"] == "missing":
        return Finding(code, f"the key {name!r} is missing", source.key(path[:-1]), f"write {path[-1]}: ...")
    said = detail["msg"].removeprefix("Value error, ")
    said = said if said[:2].isupper() else said[:1].lower() + said[1:]
    where = source.key(path) if detail["loc"][-1:] == ("[key]",) else source.value(path)
    return Finding(code, f"{name}: {said}", where, meaning(model, path))


def _path(detail: ErrorDetails, document: YamlDocument) -> tuple[str | int, ...]:
    """The path in the file; a step that does not exist there is the tag of a union."""
    steps = tuple(step for step in detail["loc"] if step != "[key]")
    if detail["type"] == "missing":
        return (*path_in(document.data, steps[:-1]), steps[-1])
    return path_in(document.data, steps)


def _keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Keys that are allowed at a path, as far as the models' annotations tell."""
    return [field.alias or name for one in _models_at(model, path) for name, field in one.model_fields.items()]


def meaning(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """The description of the innermost key of a path."""
    for length in range(len(path), 0, -1):
        key = path[length - 1]
        for one in _models_at(model, path[: length - 1]):
            for name, field in one.model_fields.items():
                if key in (name, field.alias) and (said := descriptions(one).get(name)):
                    return f"{key}: {said}"
    return "correct the value"


def _models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    from pydantic import BaseModel

    here: list[type[BaseModel]] = [model]
    for step in path:
        found: list[type[BaseModel]] = []
        for one in here:
            for name, field in one.model_fields.items():
                if step in (name, field.alias):
                    found += _models_in(field.annotation, BaseModel)
        # An index or a free name has the same annotation.
        here = found or here
    return here


def _models_in(annotation: object, base: type[BaseModel]) -> list[type[BaseModel]]:
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, base):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part, base)]
