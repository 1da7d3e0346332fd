"""Sign-in at a real OpenID provider process: who gets in, as whom, and which answers are not believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from compound.connector.state.serving.tables import oidc_login
from compound.errors import ProjectError
from compound.project import Project
from compound.web.app import create_app
from compound.web.door.access import COOKIE
from compound.web.door.openid import COOKIE as OIDC_COOKIE
from compound.web.identity.oidc import LASTS_S
from compound.web.identity.people import People
from tests.project.conversations.helpline import PYPROJECT, helpline
from tests.support.partners.oidc_provider import provider

USERS: list[dict[str, Any]] = [
    {"sub": "s-ann", "email": "ann@x.example", "email_verified": True, "groups": ["support", "leads"]},
    {"sub": "s-bo", "email": "bo@x.example", "groups": "support"},
    {"sub": "s-cy", "email": "cy@x.example", "groups": ["cooks"]},
    {"sub": "s-di", "email": "di@x.example", "email_verified": False, "groups": ["support"]},
    {"sub": "s-eve", "email": "ann@x.example", "email_verified": True, "groups": ["support"]},
]
SETTINGS = """
[tool.compound.web.oidc]
issuer = "{issuer}"
client_id = "compound"
client_secret = "${{env:OIDC_SECRET}}"
roles = {{support = "reviewer", leads = ["senior", "qa"]}}
"""
Site = Callable[..., TestClient]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as address:
        yield address


@pytest.fixture
def project(tmp_path: Path, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("OIDC_SECRET", "secret")
    settings = PYPROJECT + SETTINGS.format(issuer=issuer)
    with helpline(tmp_path, {"pyproject.toml": settings}).open() as project:
        yield project


def browser(project: Project) -> TestClient:
    return TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver", follow_redirects=False)


def to_provider(client: TestClient, back: str = "/reviews") -> str:
    """Where the browser is sent."""
    answer = client.get("/login/oidc", params={"back": back})
    assert answer.status_code == 303
    return answer.headers["location"]


def chosen(address: str, sub: str | None) -> str:
    """What the provider's page sends the browser to, after somebody chose who they are, or refused."""
    form = {"action": "deny"} if sub is None else {"sub": sub}
    answer = httpx2.post(address, data=form, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def people_of(project: Project) -> People:
    return People(project.resources.state, project.resources.clock)


def signed_in(client: TestClient, project: Project) -> Any:
    return people_of(project).session(client.cookies.get(COOKIE) or "")


def test_the_page_offers_it(project: Project) -> None:
    page = browser(project).get("/login?back=/reviews%3Fview%3Dready").text
    assert 'href="/login/oidc?back=/reviews%3Fview%3Dready"' in page


def test_a_person_signs_in_with_the_roles_of_their_groups(project: Project) -> None:
    client = browser(project)
    address = to_provider(client, "/reviews?view=ready")
    asked = parse_qs(urlsplit(address).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == ["https://testserver/login/oidc/callback"]
    answer = client.get(chosen(address, "s-ann"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/reviews?view=ready")
    person = signed_in(client, project)
    assert (person.name, set(person.roles)) == ("ann@x.example", {"reviewer", "senior", "qa"})
    assert client.get("/reviews").status_code == 200
    assert OIDC_COOKIE not in client.cookies
    with project.resources.state.read() as db:
        assert db.execute(sa.select(oidc_login)).all() == []


def test_one_group_as_a_text_is_a_group(project: Project) -> None:
    client = browser(project)
    client.get(chosen(to_provider(client), "s-bo"))
    assert signed_in(client, project).roles == ("reviewer",)


@pytest.mark.parametrize(
    ("sub", "why"),
    [("s-cy", "in no group that has a role"), ("s-di", "not verified the address"), (None, "did not begin here")],
)
def test_who_may_not_is_refused_with_the_reason(project: Project, sub: str | None, why: str) -> None:
    client = browser(project)
    answer = client.get(chosen(to_provider(client), sub))
    assert (answer.status_code, why in answer.text) == (403, True)
    assert signed_in(client, project) is None
    assert people_of(project).list() == []


def test_what_the_provider_refuses_is_said(project: Project) -> None:
    client = browser(project)
    state = parse_qs(urlsplit(to_provider(client)).query)["state"][0]
    answer = client.get("/login/oidc/callback", params={"state": state, "error": "access_denied"})
    assert (answer.status_code, "access_denied" in answer.text) == (403, True)


def test_a_name_belongs_to_the_first_who_had_it(project: Project) -> None:
    ann, eve = browser(project), browser(project)
    ann.get(chosen(to_provider(ann), "s-ann"))
    answer = eve.get(chosen(to_provider(eve), "s-eve"))
    assert (answer.status_code, "belongs to somebody else" in answer.text) == (403, True)
    people_of(project).add("bo@x.example", roles=["admin"], password="correct horse battery")
    bo = browser(project)
    assert bo.get(chosen(to_provider(bo), "s-bo")).status_code == 403


def test_a_closed_account_stays_closed(project: Project) -> None:
    client = browser(project)
    client.get(chosen(to_provider(client), "s-bo"))
    people_of(project).disable("bo@x.example", by="ann")
    again = browser(project)
    answer = again.get(chosen(to_provider(again), "s-bo"))
    assert (answer.status_code, "is closed" in answer.text) == (403, True)
    assert people_of(project).list() == []


def test_an_answer_is_believed_once_and_in_the_browser_that_asked(project: Project) -> None:
    client, other = browser(project), browser(project)
    answered = chosen(to_provider(client), "s-bo")
    assert other.get(answered).status_code == 403  # login CSRF: it is used up as well
    assert client.get(answered).status_code == 403
    again = chosen(to_provider(client), "s-bo")
    assert client.get(again).status_code == 303
    assert client.get(again).status_code == 403


def test_an_answer_with_another_state_code_or_issuer_is_refused(project: Project) -> None:
    client = browser(project)
    for change in ({"state": "made-up"}, {"code": "made-up"}, {"iss": "https://evil.example"}, {"code": ""}):
        answered = urlsplit(chosen(to_provider(client), "s-bo"))
        query = {name: values[0] for name, values in parse_qs(answered.query).items()}
        assert client.get("/login/oidc/callback", params={**query, **change}).status_code == 403
        assert signed_in(client, project) is None


@pytest.mark.parametrize(("column", "code"), [("nonce", 403), ("verifier", 403)])
def test_nonce_and_verifier_are_checked(project: Project, column: str, code: int) -> None:
    client = browser(project)
    answered = chosen(to_provider(client), "s-bo")
    with project.resources.state.write() as db:
        db.execute(sa.update(oidc_login).values({column: "another"}))
    assert client.get(answered).status_code == code
    assert signed_in(client, project) is None


def test_a_sign_in_that_took_too_long_is_refused(project: Project) -> None:
    client = browser(project)
    answered = chosen(to_provider(client), "s-bo")
    later = project.resources.clock() + LASTS_S + 1
    project.resources.clock = lambda: later
    late = TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver", follow_redirects=False)
    late.cookies.update(client.cookies)
    assert late.get(answered).status_code == 403


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example"])
def test_it_never_leads_to_another_site(project: Project, back: str) -> None:
    client = browser(project)
    assert client.get(chosen(to_provider(client, back), "s-bo")).headers["location"] == "/reviews"


def test_a_provider_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PYPROJECT + SETTINGS.format(issuer="http://127.0.0.1:9")
    with helpline(tmp_path, {"pyproject.toml": settings}).open() as project:
        assert "project.no-secret" in browser(project).get("/login/oidc").text
        monkeypatch.setenv("OIDC_SECRET", "secret")
        answer = browser(project).get("/login/oidc")
        assert (answer.status_code, "web.oidc-unreachable" in answer.text) == (503, True)


def test_without_settings_there_is_none(tmp_path: Path) -> None:
    with helpline(tmp_path).open() as project:
        client = browser(project)
        assert "/login/oidc" not in client.get("/login").text
        assert client.get("/login/oidc").status_code == 404


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ('client_secret = "hunter2"', "project.bad-setting", "is the secret itself"),
        ('issuer = "http://login.example.com"', "project.bad-setting", "not an https address"),
        ("roles = 7", "project.bad-setting", "not a table of groups"),
        ("label = 7", "project.bad-setting", "not a text"),
        ('isuer = "https://x.example"', "project.unknown-key", "did you mean 'issuer'"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, line: str, code: str, says: str) -> None:
    key = line.partition(" ")[0]
    kept = [one for one in SETTINGS.format(issuer="https://x.example").splitlines() if not one.startswith(f"{key} ")]
    place = helpline(tmp_path, {"pyproject.toml": PYPROJECT + "\n".join([*kept, line, ""])})
    with pytest.raises(ProjectError) as caught, place.open():
        pass
    assert (caught.value.code, says in str(caught.value)) == (code, True)
