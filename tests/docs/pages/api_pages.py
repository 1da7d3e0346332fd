"""The reference of the API, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from compound.web.api.app import create_api, document

if TYPE_CHECKING:
    from compound.web.site.place import Place

PAGE: Final = Path("docs/reference/api.md")
HEAD: Final = """\
# The API of `compound serve`

Generated from the OpenAPI 3.1 document, which a server serves at `/api/v1/openapi.json` without a token.
[Call Compound as a service](../how-to/call-compound-as-a-service.md) shows the calls in use.

"""


def api_pages(root: Path) -> Mapping[Path, str]:
    """The page as it must be."""
    _ = root
    settings = SimpleNamespace(name="project")
    place = SimpleNamespace(project=SimpleNamespace(settings=settings))
    made = document(create_api(cast("Place", place)))
    return {PAGE: HEAD + made["info"]["description"] + "\n" + "\n".join(_lines(made)) + "\n"}


def _lines(made: Mapping[str, Any]) -> Iterator[str]:
    schemas = made["components"]["schemas"]
    yield "## Calls\n"
    yield "| call | what it does |\n|---|---|"
    calls = [
        (f"{method.upper()} {path}", call) for path, found in made["paths"].items() for method, call in found.items()
    ]
    for name, call in calls:
        yield f"| [`{name}`](#{_anchor(name)}) | {call['description'].splitlines()[0]} |"
    yield ""
    for name, call in calls:
        yield f"### `{name}`\n"
        yield call["description"].strip() + "\n"
        yield from _parameters(call)
        yield from _body(call, schemas)
        yield "| answer | |\n|---|---|"
        for status, told in sorted(call["responses"].items()):
            yield f"| {status} | {told['description']}{_answered(told)} |"
        yield ""
    yield "## Schemas\n"
    for name, schema in sorted(schemas.items()):
        if "properties" in schema:
            yield f"### {name}\n"
            yield _meaning(schema) + "\n"
            yield from _fields(schema)
        elif "enum" in schema:
            yield f"### {name}\n"
            yield f"One of {_type(schema)}.\n"


def _anchor(name: str) -> str:
    kept = "".join(one for one in name.lower() if one.isalnum() or one in " -_")
    return kept.replace(" ", "-")


def _meaning(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", "")).partition("\n\nAttributes:")[0].strip()


def _parameters(call: Mapping[str, Any]) -> Iterator[str]:
    found = [one for one in call.get("parameters", ()) if one["name"] != "Idempotency-Key"]
    if not found:
        return
    yield "| parameter | in | type | meaning |\n|---|---|---|---|"
    for one in found:
        name = f"`{one['name']}`" + (" (needed)" if one.get("required") else "")
        yield f"| {name} | {one['in']} | {_type(one['schema'])} | {_escaped(one.get('description', ''))} |"
    yield ""


def _body(call: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    body = call.get("requestBody")
    if body is None:
        return
    schema = schemas[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    yield "The body is JSON:\n"
    yield from _fields(schema)


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | meaning |\n|---|---|---|"
    meanings = dict(_attributes(str(schema.get("description", ""))))
    for name, field in schema["properties"].items():
        needed = " (needed)" if name in schema.get("required", ()) else ""
        yield f"| `{name}`{needed} | {_type(field)} | {_escaped(field.get('description') or meanings.get(name, ''))} |"
    yield ""


def _attributes(description: str) -> Iterator[tuple[str, str]]:
    """Name and meaning of each line below `Attributes:`."""
    name, words = "", ""
    for line in description.partition("Attributes:")[2].splitlines():
        head, mark, rest = line.strip().partition(": ")
        if mark and head.isidentifier():
            yield name, words
            name, words = head, rest
        elif line.strip():
            words = f"{words} {line.strip()}"
    yield name, words


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{_anchor(name)})"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def _answered(told: Mapping[str, Any]) -> str:
    content = told.get("content", {}).get("application/json", {}).get("schema")
    return f" ({_type(content)})" if content else ""


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
