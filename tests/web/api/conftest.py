"""A project whose API is called in memory, without a server process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from compound.project import Project
from compound.web.app import create_app
from compound.web.identity.people import People
from compound.web.identity.roles import rights_of
from tests.project.conversations.helpline import batch, helpline, letter
from tests.project.keys.table import Place

HOST = "testserver"


@dataclass
class Api:
    """The API of the helpline, with three letters that wait."""

    place: Place
    project: Project
    app: FastAPI
    people: People

    def token(self, name: str, *roles: str, teams: tuple[str, ...] = (), scopes: tuple[str, ...] = ()) -> str:
        """A token of an account with these roles."""
        self.people.add(name, roles=roles or ("admin",), teams=teams)
        rights = scopes or tuple(one.value for one in rights_of(roles or ("admin",)))
        return self.people.token(name, label="test", scopes=rights)

    def caller(self, name: str = "ann", *roles: str, teams: tuple[str, ...] = ()) -> TestClient:
        """Calls as this account."""
        headers = {"authorization": f"Bearer {self.token(name, *roles, teams=teams)}"}
        return self.plain(headers)

    def plain(self, headers: dict[str, str] | None = None) -> TestClient:
        return TestClient(self.app, base_url=f"https://{HOST}/api/v1", headers=headers, raise_server_exceptions=False)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    place = helpline(tmp_path)
    batch(place, *[letter(f"L{n}", f"Question {n}?", subject=f"Water {n}") for n in (1, 2, 3)])
    with place.open() as project:
        people = People(project.resources.state, project.resources.clock)
        app = create_app(project, hosts=[HOST])
        worker = app.state.place.worker
        worker.start()
        yield Api(place, project, app, people)
        worker.stop(wait_s=10)


def settled(caller: TestClient, answer: httpx2.Response) -> dict[str, Any]:
    """What a decision led to, once the server has carried it out."""
    assert answer.status_code in (200, 202), answer.text
    ends = time.monotonic() + 20
    while not (now := caller.get(answer.headers["location"].removeprefix("/api/v1")).json())["settled"]:
        assert time.monotonic() < ends, now
        time.sleep(0.01)
    return now


@pytest.fixture
def ann(api: Api) -> TestClient:
    """An admin."""
    return api.caller("ann")


@pytest.fixture
def item(ann: TestClient) -> Callable[[str], dict[str, object]]:
    """A review item by its letter."""

    def found(name: str) -> dict[str, object]:
        (row,) = ann.get("/reviews", params={"item": name}).json()["items"]
        return row

    return found
