"""`compound schema`: JSON Schema (draft 2020-12) of each kind of declared file, for editors.

Generated from the models, so that a new kind of node or a new key is included. A schema accepts everything that
the file's reader accepts; mistakes that a schema cannot express (`$clean.txt`: no such field) are found by `check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic.json_schema import GenerateJsonSchema

from compound.errors import ProjectError, choices
from compound.language.schema import changed
from compound.spec.form.kinds import KINDS, FileKind
from compound.spec.words import WORD
from compound.spec.yaml.describe import descriptions, summary

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FOLDER: Final = ".compound/schema"
"""Folder of a project's schemas, for the line `# yaml-language-server: $schema=` of its files."""

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_TEXT: Final = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_STEP: Final = rf"(?:\s*\.\s*{_NAME}|\s*\[\s*(?:-?\s*\d+|{_TEXT})\s*\]|\s*\?(?!\?))"
_TERM: Final = rf"(?:\$?{_NAME}|{_TEXT}|-?\s*\d[\w.+-]*|\[.*\]|\(.*\)){_STEP}*"

_WORDS: Final[Mapping[str, dict[str, Any]]] = {
    "duration": {
        "description": "A duration: 500ms, 30s, 5m, 4h, 2d, or seconds as a number.",
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d+(\.\d+)?(ms|s|m|h|d)\s*$"},
            {"type": "number", "exclusiveMinimum": 0, "maximum": 366 * 86400},
        ],
        "examples": ["30s", "4h"],
    },
    "age": {
        "description": "An age: 36h, 90d; from a day to a hundred years.",
        "type": "string",
        "pattern": r"^\s*\d+(\.\d+)?(h|d)\s*$",
        "examples": ["30d", "90d"],
    },
    "share": {
        "description": "A share: 2%, or 0.02.",
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d{1,3}(\.\d{1,6})?\s*%\s*$"},
            {"type": "number", "minimum": 0, "maximum": 1},
        ],
        "examples": ["2%", 0.02],
    },
    "condition": {
        "description": "Comparisons, `and or not`, `in`, arithmetic and len() over references, without the `$`: "
        "intent.label != 'other' and len(orders?) > 0",
        "anyOf": [{"type": "string", "pattern": r"\S", "maxLength": 2000}, {"type": "boolean"}],
        "examples": ["intent.label != 'other'", "answer.check.score >= 0.8"],
    },
    "reference": {
        "description": "$node.field; with `?` at its end: null if it is absent; $a ?? $b: the first that has a value; "
        "$$5 is the text $5.",
        "type": "string",
        "pattern": rf"^(?:[^$]|$|\$\$|\s*{_TERM}\s*(?:\?\?\s*{_TERM}\s*)*$)",
        "examples": ["$input.text", "$orders?", "$review.text ?? $draft.text"],
    },
    "binding": {
        "description": "A literal, a reference ($node.field, $node?, $a ?? $b), or lists and records of them.",
        "anyOf": [
            {"$ref": "#/$defs/reference"},
            {"type": ["number", "boolean", "null"]},
            {"type": "array", "items": {"$ref": "#/$defs/binding"}},
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/binding"}},
        ],
    },
    "type": {
        "description": "str, int, float, bool, date, datetime, json, list[T], enum(a, b), a name of `types`, or a "
        "record of field to type; `?` makes it optional.",
        "anyOf": [
            {
                "type": "string",
                "pattern": rf"^\s*(?:list\[\s*)*(?:{_NAME}|enum\(.+\))\s*(?:\?|\]|\s)*$",
                "examples": ["str", "str?", "list[str]", "enum(yes, no)"],
            },
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/type"}},
            {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 1, "maxItems": 1},
        ],
    },
    "declaration": {
        "description": "A type, or {from: types.py:Model}: a pydantic model of the project.",
        "anyOf": [
            {"$ref": "#/$defs/type"},
            {
                "type": "object",
                "properties": {
                    "from": {
                        "description": "File and class: types.py:Letter",
                        "type": "string",
                        "pattern": rf"^[A-Za-z0-9_/]+\.py:{_NAME}$",
                    }
                },
                "required": ["from"],
                "additionalProperties": False,
            },
        ],
    },
}
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "binding": ("binding", "reference"),
    "declaration": ("declaration", "type"),
}


def json_schema(kind: FileKind) -> dict[str, Any]:
    """The schema of a kind of file, as plain data."""
    made = kind.load().model_json_schema(by_alias=True, schema_generator=_Generator)
    finisher = _Finisher(made.get("$defs", {}))
    schema = changed(made, finisher.finish)
    words = {name for one in finisher.words for name in _NEEDS.get(one, (one,))}
    definitions = {
        **schema.pop("$defs", {}),
        **finisher.unions,
        **{name: _WORDS[name] for name in _WORDS if name in words},
    }
    schema["title"] = f"Compound: {kind.title}"
    return {"$schema": DIALECT, **schema, **({"$defs": definitions} if definitions else {})}


def schema_text(name: str) -> str:
    """The schema of a kind of file, as JSON text.

    Raises:
        ProjectError: ``file.unknown-kind``.
    """
    if name not in KINDS:
        raise ProjectError("file.unknown-kind", f"no kind of file {name!r}", fix=choices(list(KINDS), name))
    return json.dumps(json_schema(KINDS[name]), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Without generated titles, and with a description for every key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - as pydantic has it
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        model = schema["cls"]
        made.pop("title", None)
        made["description"] = summary(model)
        said = descriptions(model)
        for name, field in model.model_fields.items():
            prop = made.get("properties", {}).get(field.alias or name)
            if not isinstance(prop, dict):
                continue
            if name in said:
                prop["description"] = said[name]
            elif name == "use":
                prop["description"] = summary(model)
        return made


class _Finisher:
    """Words as references, closed records of patterned names, unions selected by their keys.

    Attributes:
        words: Names of `_WORDS` that were used.
        unions: Definitions of unions.
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self.words: set[str] = set()
        self.unions: dict[str, Any] = {}

    def finish(self, record: dict[str, Any]) -> dict[str, Any]:
        """A schema whose inner schemas are finished."""
        word = record.pop(WORD, None)
        if isinstance(word, str):
            self.words.add(word)
            record["$ref"] = f"#/$defs/{word}"
        if "patternProperties" in record:
            record["additionalProperties"] = False
        if record.get("default", 0) is None:
            del record["default"]
        record.pop("discriminator", None)
        if isinstance(options := record.get("oneOf"), list):
            name = self._told_apart(cast("list[Any]", options))
            if name is not None:
                del record["oneOf"]
                record["$ref"] = f"#/$defs/{name}"
        return record

    def _told_apart(self, options: list[Any]) -> str | None:
        """`oneOf` records as `if` and `then`: a mistake in an `llm` node is then one mistake, not one per kind."""
        targets = [option.get("$ref", "").rpartition("/")[2] for option in options if isinstance(option, dict)]
        models = [self._definitions[target] for target in targets if target in self._definitions]
        if len(models) < len(options):
            return None
        said = [model.get("properties", {}).get("use", {}).get("const") for model in models]
        # Entries without `use` are recognized by their first key: `repeat`, `map`, `value`.
        keys = [model["required"][0] for model, use in zip(models, said, strict=True) if use is None]
        name = "-or-".join([*keys, "use"])
        marks = [
            {"required": [model["required"][0]]}
            if use is None
            else {"properties": {"use": {"const": use}}, "required": ["use"]}
            for model, use in zip(models, said, strict=True)
        ]
        self.unions[name] = {
            "type": "object",
            "properties": {"use": {"enum": [use for use in said if use is not None], "description": "Kind of node."}},
            "anyOf": [{"required": [key]} for key in ("use", *keys)],
            "allOf": [{"if": mark, "then": option} for mark, option in zip(marks, options, strict=True)],
        }
        return name
