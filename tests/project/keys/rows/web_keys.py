"""How people sign in to the pages at an OpenID provider, and where the pages are served."""

from __future__ import annotations

import atexit
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.testclient import TestClient

from compound.web.app import create_app
from compound.web.door.access import COOKIE
from compound.web.identity.people import People
from compound.web.identity.person import Person
from compound.web.webhooks.deliver import sign
from tests.project.conversations.helpline import FILES, PYPROJECT
from tests.project.keys.table import Desk, Key
from tests.support.forked import COMPOUND, PipedProcess
from tests.support.partners.oidc_provider import provider

USERS: list[dict[str, Any]] = [
    {"sub": "s1", "email": "ann@x.example", "nickname": "ann", "groups": ["desk"], "job": ["boss"]},
]
USUAL = {
    "client_id": '"compound"',
    "client_secret": '"${env:OIDC_SECRET}"',
    "roles": '{desk = "reviewer", boss = "admin"}',
}


@cache
def issuer() -> str:
    """One provider for all rows."""
    exits = ExitStack()
    atexit.register(exits.close)
    return exits.enter_context(provider(USERS))


def browser(desk: Desk, **keys: str) -> tuple[TestClient, People]:
    """A browser at a project with these keys."""
    lines = {"issuer": f'"{issuer()}"', **USUAL, **keys}
    table = "".join(f"{key} = {value}\n" for key, value in lines.items())
    where = desk.project({**FILES, "pyproject.toml": f"{PYPROJECT}\n[tool.compound.web.oidc]\n{table}"})
    (where.root / "lakehouse").mkdir(exist_ok=True)
    with where.open() as project:
        app = create_app(project, hosts=["testserver"])
        people = People(project.resources.state, project.resources.clock)
        return TestClient(app, base_url="https://testserver", follow_redirects=False), people


def asked(desk: Desk, secret: str = "s", **keys: str) -> dict[str, str]:
    """What the provider is asked."""
    client, _ = browser(desk, **keys)
    with patch.dict("os.environ", {"OIDC_SECRET": secret}):
        address = urlsplit(client.get("/login/oidc").headers["location"])
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    return {**query, "place": f"{address.scheme}://{address.netloc}"}


def signed_in(desk: Desk, **keys: str) -> Person | None:
    """Who ann is after she signed in; None if she may not."""
    client, people = browser(desk, **keys)
    with patch.dict("os.environ", {"OIDC_SECRET": "s"}):
        sent = httpx2.post(client.get("/login/oidc").headers["location"], data={"sub": "s1"})
        client.get(sent.headers["location"])
    return people.session(client.cookies.get(COOKIE) or "")


def _issuer(desk: Desk) -> None:
    assert asked(desk)["place"] == issuer()
    client, _ = browser(desk, issuer='"http://127.0.0.1:9"')
    with patch.dict("os.environ", {"OIDC_SECRET": "s"}):
        assert client.get("/login/oidc").status_code == 503


def _client_id(desk: Desk) -> None:
    assert [asked(desk, client_id=one)["client_id"] for one in ('"one"', '"two"')] == ["one", "two"]


def _client_secret(desk: Desk) -> None:
    client, _ = browser(desk)
    with patch.dict("os.environ", {"OIDC_SECRET": ""}):
        assert "project.no-secret" in client.get("/login/oidc").text
    assert asked(desk)["client_id"] == "compound"


def _label(desk: Desk) -> None:
    pages = [browser(desk, **keys)[0].get("/login").text for keys in ({}, {"label": '"Okta"'})]
    assert [["Sign in with OpenID" in one, "Sign in with Okta" in one] for one in pages] == [
        [True, False],
        [False, True],
    ]


def _scope(desk: Desk) -> None:
    assert [asked(desk, scope=one)["scope"] for one in ('"openid"', '"openid email"')] == ["openid", "openid email"]


def _name(desk: Desk) -> None:
    found = [signed_in(desk, scope='"openid email profile"', **keys) for keys in ({}, {"name": '"nickname"'})]
    assert [one.name if one else "" for one in found] == ["ann@x.example", "ann"]


def _claim(desk: Desk) -> None:
    found = [signed_in(desk, **keys) for keys in ({}, {"claim": '"job"'})]
    assert [one.roles if one else () for one in found] == [("reviewer",), ("admin",)]


def _roles(desk: Desk) -> None:
    found = [signed_in(desk, roles=one) for one in ('{desk = ["qa", "senior"]}', '{cooks = "viewer"}')]
    assert [one.roles if one else None for one in found] == [("qa", "senior"), None]


def _teams(desk: Desk) -> None:
    found = [signed_in(desk, **keys) for keys in ({}, {"teams": '{desk = "north"}'}, {"teams": '{cooks = "north"}'})]
    assert [one.teams if one else None for one in found] == [(), ("north",), None]


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def served_at(desk: Desk, names: tuple[str, ...] = (), **env: str) -> tuple[str, list[int]]:
    """Where a server of these variables says it serves, and what it answers to browsers that call it by these names."""
    root = desk.project({**FILES, "pyproject.toml": PYPROJECT}).root
    (root / "lakehouse").mkdir(exist_ok=True)
    variables = {**os.environ, "COMPOUND_SERVE_PORT": str(free_port()), **env}
    process = PipedProcess([COMPOUND, "serve"], cwd=root, env=variables)
    try:
        said = ""
        while not (found := re.search(r"serving at (http://[^;\s]+)", said)):
            line = process.stderr.readline()
            assert line, f"the server ended: {said}"
            said += line
        at = found[1]
        port = urlsplit(at).port
        call = f"http://127.0.0.1:{port}/health"
        return at, [httpx2.get(call, headers={"host": f"{name}:{port}"}).status_code for name in names]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _host(desk: Desk) -> None:
    places = [served_at(desk)[0], served_at(desk, COMPOUND_SERVE_HOST="127.0.0.2")[0]]
    assert [urlsplit(place).hostname for place in places] == ["127.0.0.1", "127.0.0.2"]


def _port(desk: Desk) -> None:
    port = free_port()
    assert urlsplit(served_at(desk, COMPOUND_SERVE_PORT=str(port))[0]).port == port


def _names(desk: Desk) -> None:
    names = ("desk.example", "help.example", "other.example")
    told = ("", "desk.example help.example")
    answers = [served_at(desk, names, COMPOUND_SERVE_NAMES=one)[1] for one in told]
    assert answers == [[421, 421, 421], [200, 200, 421]]


def _calls(desk: Desk, table: str) -> tuple[TestClient, People]:
    """A program at a project with these settings."""
    where = desk.project({**FILES, "pyproject.toml": f"{PYPROJECT}\n[tool.compound.web]\n{table}\n"})
    (where.root / "lakehouse").mkdir(exist_ok=True)
    with where.open() as project:
        people = People(project.resources.state, project.resources.clock)
        return TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver"), people


def _requests_per_minute(desk: Desk) -> None:
    found: list[list[int]] = []
    for most in (2, 0):
        client, people = _calls(desk, f"requests_per_minute = {most}")
        people.add("ann", roles=["viewer"])
        secret = people.token("ann", label="t", scopes=["read"])
        client.headers["authorization"] = f"Bearer {secret}"
        found.append([client.get("/api/v1/queues").status_code for _ in range(3)])
    assert found == [[200, 200, 429], [200, 200, 200]]


def _hook_secret(desk: Desk) -> None:
    found: list[tuple[int, str]] = []
    for table in ("", 'hook_secret = "${env:HOOK_SECRET}"'):
        client, _ = _calls(desk, table)
        body, at = b'{"item_id": "L1"}', int(time.time())
        key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        headers = {"webhook-id": "m1", "webhook-timestamp": str(at), "content-type": "application/json"}
        headers["webhook-signature"] = sign(key, "m1", at, body)
        with patch.dict("os.environ", {"HOOK_SECRET": key}):
            answer = client.post("/api/v1/hooks/ticket-changed", content=body, headers=headers)
        found.append((answer.status_code, answer.json().get("code", "")))
    assert found == [(404, "hooks.off"), (200, "")]


def _rows() -> Iterator[Key]:
    for name, seen in {
        "issuer": _issuer,
        "client_id": _client_id,
        "client_secret": _client_secret,
        "label": _label,
        "scope": _scope,
        "name": _name,
        "claim": _claim,
        "roles": _roles,
        "teams": _teams,
    }.items():
        yield Key("settings", f"web.oidc.{name}", seen)
    yield Key("settings", "web.hook_secret", _hook_secret)
    yield Key("settings", "web.requests_per_minute", _requests_per_minute)
    for name, seen in {"HOST": _host, "PORT": _port, "NAMES": _names}.items():
        yield Key("settings", f"COMPOUND_SERVE_{name}", seen)


KEYS = tuple(_rows())
