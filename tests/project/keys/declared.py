"""Every key that a declared file may hold, read from the models themselves.

A key is named by its path from the top of the file: `policy`, `budget.usd`. A name that the author chooses is `*`
(`effects.*.money.at_most`); of several models that may stand at one place each has its word (`nodes.tool.in`,
`nodes.map.map.each`). What a model says that stands at several places of the same depth is named once, by the model:
`Retry.attempts`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, ForwardRef, Literal, get_args, get_origin

from pydantic import BaseModel

from compound.project.settings.keys import BATCH_KEYS, OIDC_KEYS, PROFILE_KEYS, PROJECT_KEYS, VARIABLES, WEB_KEYS
from compound.spec.form.kinds import KINDS

SETTINGS = "settings"
FILES = (*KINDS, SETTINGS)


def declared_keys(file: str) -> frozenset[str]:
    """The keys of a kind of file."""
    if file == SETTINGS:
        nested = {f"profiles.*.{key}" for key in PROFILE_KEYS} | {f"batch.{key}" for key in BATCH_KEYS}
        nested |= {f"web.oidc.{key}" for key in OIDC_KEYS} | {f"web.{key}" for key in WEB_KEYS if key != "oidc"}
        return frozenset({*PROJECT_KEYS, *nested, *VARIABLES} - {"profiles", "batch", "web"})
    root = KINDS[file].load()
    return frozenset(f"{prefix}{name}" for model, prefix in _named(root).items() for name in _names(model))


def _named(root: type[BaseModel]) -> dict[type[BaseModel], str]:
    """Each model of a file with what its keys begin with."""
    named: dict[type[BaseModel], str] = {root: ""}
    level = [root]
    while level:
        met: dict[type[BaseModel], set[str]] = {}
        for owner in level:
            for name, annotation in _names(owner).items():
                for model, step in _models(annotation):
                    if model not in named:
                        met.setdefault(model, set()).add(f"{named[owner]}{name}{step}.")
        for model, places in met.items():
            named[model] = places.pop() if len(places) == 1 else f"{model.__name__}."
        level = list(met)
    return named


def _names(model: type[BaseModel]) -> Mapping[str, Any]:
    known = vars(sys.modules[model.__module__])
    return {
        field.alias or name: eval(field.annotation.__forward_arg__, known)
        if isinstance(field.annotation, ForwardRef)  # a field of a model that is declared further below
        else field.annotation
        for name, field in model.model_fields.items()
    }


def _models(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """The models inside an annotation, each with the steps that lead to it."""
    steps = ".*" if get_origin(annotation) in {dict, Mapping} else ""
    found = [one for part in get_args(annotation) for one in _models(part)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    several = len({model for model, _ in found}) > 1
    for model, step in found:
        if several and not step:
            yield model, f".{_word(model)}"
        else:
            # `nodes.tool`, not `nodes.*.tool`: the word says enough.
            yield model, step if step.strip(".*") else f"{steps}{step}"


def _word(model: type[BaseModel]) -> str:
    """What tells a model from the others that may stand in its place: the word after `use:`, else its first own key."""
    use = model.model_fields.get("use")
    if use is not None and get_origin(use.annotation) is Literal:
        return str(get_args(use.annotation)[0])
    own = [name for name, field in model.model_fields.items() if field.is_required()]
    return own[0] if own else model.__name__
