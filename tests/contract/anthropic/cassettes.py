"""Recorded exchanges of the Messages API, read from VCR and JSON cassettes and raw event streams."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
import yaml

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]

FOLDER = Path(__file__).resolve().parents[3] / "../shared/data/api_cassettes"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, as they crossed the wire.

    Attributes:
        id: Source, file and position.
        path: Of the URL, without the query.
        body: The request.
        status: Of the answer.
        headers: Of the answer, lower case.
        answer: The answer's bytes, not compressed.
        refused: Why it cannot be replayed through this adapter; empty when it can.
    """

    id: str
    path: str
    body: Json
    status: int
    headers: Mapping[str, str]
    answer: bytes
    refused: str = ""

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def kind(self) -> str:
        if self.status != 200:
            return str(self.status)
        if self.path.endswith("/count_tokens"):
            return "count_tokens"
        return "stream" if self.is_stream else "message"


def folder() -> Path:
    """The cassettes, or a skip with the reason; where CI is set their absence is a failure."""
    if not FOLDER.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the cassettes are not at {FOLDER}")
        pytest.skip("the reference data is not beside the project")
    return FOLDER


@cache
def recorded() -> tuple[Exchange, ...]:
    """Every exchange of every cassette, those that are no Messages API included."""
    root = folder()
    found = [exchange for file in sorted(root.glob("anthropic/*/*.yaml")) for exchange in _vcr(file)]
    for file in sorted(root.glob("anthropic_sdk_fixtures/*.json")):
        found += _sdk(file)
    for file in sorted(root.glob("anthropic_sdk_fixtures/*.txt")):
        found.append(_raw_stream(file))
    return tuple(found)


def _vcr(file: Path) -> Iterator[Exchange]:
    with file.open("rb") as stream:
        tape = cast("dict[str, Any]", yaml.load(stream, Loader=_LOADER))
    for index, interaction in enumerate(tape["interactions"]):
        request, response = interaction["request"], interaction["response"]
        host, path = urlsplit(request["uri"]).netloc, urlsplit(request["uri"]).path
        headers = {name.lower(): values[0] for name, values in response["headers"].items()}
        refused = _why_not(host, path, request["method"])
        yield Exchange(
            id=f"{file.parent.name}/{file.stem}#{index}",
            path=path,
            body={} if refused else _request_body(request),
            status=response["status"]["code"],
            headers=headers,
            answer=b"" if refused else _answer(response),
            refused=refused,
        )


def _why_not(host: str, path: str, method: str) -> str:
    if host != "api.anthropic.com":
        return f"another service: {host}"
    if path not in ("/v1/messages", "/v1/messages/count_tokens"):
        return f"not the Messages API: {method} /{path.split('/')[1]}/{path.split('/')[2]}"
    return ""


def _request_body(request: dict[str, Any]) -> Json:
    body = request.get("parsed_body")
    if body is None:
        body = json.loads(request["body"])
    return body


def _answer(response: dict[str, Any]) -> bytes:
    parsed = response.get("parsed_body")
    if parsed is not None:
        return json.dumps(parsed).encode()
    raw = response["body"]["string"]
    raw = raw.encode() if isinstance(raw, str) else raw
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def _sdk(file: Path) -> Iterator[Exchange]:
    for index, pair in enumerate(json.loads(file.read_text())):
        request, response = pair["request"], pair["response"]
        raw = response["body"]
        yield Exchange(
            id=f"sdk/{file.stem.split('____')[-1][-40:]}#{index}",
            path=urlsplit(request["url"]).path,
            body=request["body"],
            status=response["status_code"],
            headers={name.lower(): value for name, value in response["headers"].items()},
            answer=raw.encode() if isinstance(raw, str) else json.dumps(raw).encode(),
        )


def _raw_stream(file: Path) -> Exchange:
    # Only the answer was kept of these: they are asked for with a request of ours.
    body: Json = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 128,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
    }
    answer = file.read_bytes()
    # A fixture without its last empty line would leave its last event unfinished.
    return Exchange(
        id=f"sdk/{file.stem}",
        path="/v1/messages",
        body=body,
        status=200,
        headers={"content-type": "text/event-stream"},
        answer=answer if answer.endswith(b"\n\n") else answer + b"\n\n",
    )
