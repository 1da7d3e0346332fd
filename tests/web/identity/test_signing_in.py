"""Signing in over HTTP, without a browser: throttle, rotation, foreign sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from compound.project import Project
from compound.web.app import create_app
from compound.web.door.access import COOKIE
from compound.web.identity.people import People
from compound.web.identity.throttle import BY_ACCOUNT, WINDOW_S
from tests.project.conversations.helpline import helpline

PASSWORD = "correct horse battery"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with helpline(tmp_path).open() as project:
        people = People(project.resources.state, project.resources.clock)
        people.add("bo", roles=["reviewer"], password=PASSWORD)
        people.add("cy", roles=["reviewer"], password=PASSWORD)
        yield project


def browser(project: Project) -> TestClient:
    return TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver", follow_redirects=False)


def sign_in(client: TestClient, name: str, password: str, **headers: str) -> int:
    return client.post("/login", data={"name": name, "password": password}, headers=headers).status_code


def test_too_many_wrong_passwords_make_the_account_wait(project: Project) -> None:
    client = browser(project)
    assert [sign_in(client, "bo", "wrong") for _ in range(BY_ACCOUNT)] == [403] * BY_ACCOUNT
    assert sign_in(client, "bo", PASSWORD) == 429
    assert sign_in(client, "cy", PASSWORD) == 303
    later = project.resources.clock() + WINDOW_S + 1
    project.resources.clock = lambda: later
    assert sign_in(browser(project), "bo", PASSWORD) == 303


def test_too_many_wrong_names_make_the_address_wait(project: Project) -> None:
    client = browser(project)
    codes = [sign_in(client, f"nobody{n}", "wrong") for n in range(31)]
    assert codes == [403] * 30 + [429]
    assert sign_in(client, "bo", PASSWORD) == 429


def test_a_sign_in_changes_the_session_and_ends_the_one_before(project: Project) -> None:
    client = browser(project)
    assert sign_in(client, "bo", PASSWORD) == 303
    first = client.cookies[COOKIE]
    assert sign_in(client, "bo", PASSWORD) == 303
    second = client.cookies[COOKIE]
    people = People(project.resources.state, project.resources.clock)
    assert (first != second, people.session(first)) == (True, None)
    assert people.session(second) is not None


def test_a_page_of_another_site_cannot_sign_somebody_in_or_out(project: Project) -> None:
    client = browser(project)
    assert sign_in(client, "bo", PASSWORD, origin="https://evil.example") == 403
    assert sign_in(client, "bo", PASSWORD, **{"sec-fetch-site": "cross-site"}) == 403
    assert sign_in(client, "bo", PASSWORD, origin="https://testserver") == 303
    assert client.post("/logout", headers={"origin": "https://evil.example"}).status_code == 403
    assert client.get("/reviews").status_code == 200


def test_a_closed_account_is_out_at_once(project: Project) -> None:
    client = browser(project)
    sign_in(client, "bo", PASSWORD)
    People(project.resources.state, project.resources.clock).disable("bo", by="ann")
    assert client.get("/reviews").status_code == 303
    assert sign_in(client, "bo", PASSWORD) == 403


def test_an_agent_that_signs_in_sees_no_page(project: Project) -> None:
    People(project.resources.state, project.resources.clock).add("robo", roles=["agent", "admin"], password=PASSWORD)
    client = browser(project)
    sign_in(client, "robo", PASSWORD)
    assert client.get("/reviews").status_code == 403
