"""The same figures for programs, commands and Prometheus; a webhook is told when automation stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from compound.client.quality import Quality
from compound.connector.state import tables
from compound.connector.state.serving.tables import webhook_delivery
from compound.project import Project
from compound.web.app import create_app
from compound.web.identity.people import People
from compound.web.identity.roles import ROLES
from compound.web.webhooks.hooks import Hooks
from tests.project.keys.table import Place
from tests.web.quality.conftest import certified, claims


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = certified(tmp_path_factory.mktemp("claims"))
    claims(place, until=2)
    return place


@pytest.fixture
def project(place: Place) -> Iterator[Project]:
    with place.open() as project:
        yield project


def caller(project: Project, name: str, *roles: str, teams: tuple[str, ...] = ()) -> TestClient:
    people = People(project.resources.state, project.resources.clock)
    people.add(name, roles=roles, teams=teams)
    rights = [right.value for role in roles for right in ROLES[role]]
    token = people.token(name, label="test", scopes=rights)
    app = create_app(project, hosts=["testserver"])
    return TestClient(app, base_url="https://testserver", headers={"authorization": f"Bearer {token}"})


def test_who_sees_which_figures(project: Project) -> None:
    for role in ("qa", "senior", "operator", "admin"):
        answer = caller(project, role, role).get("/api/v1/quality?days=7")
        assert (answer.status_code, Quality.model_validate(answer.json()).days) == (200, 7), role
    reviewer = caller(project, "ben", "reviewer")
    assert reviewer.get("/api/v1/quality").status_code == 403
    mine = Quality.model_validate(reviewer.get("/api/v1/quality?mine=true").json())
    assert (mine.person, mine.all.decided, mine.certificates) == ("ben", 0, ())
    assert caller(project, "bot", "agent").get("/api/v1/quality?mine=true").status_code == 403
    assert caller(project, "tim", "qa", teams=("others",)).get("/api/v1/quality").json()["all"]["open"] == 0
    assert caller(project, "qin", "qa").get("/quality/samples/nope").status_code == 404


def test_the_alarm_is_the_same_everywhere(place: Place, project: Project) -> None:
    Hooks(project.resources.state, project.resources.clock).add("http://127.0.0.1:9/x", ("automation.stopped",), by="x")
    before = Quality.model_validate(caller(project, "eve", "admin").get("/api/v1/quality").json())
    assert before.certificates[0].is_on
    assert before.certificates[0].e_value is None
    assert before.all.automatic.n == before.all.automatic.k > 0
    assert before.all.unedited.value is None, "absent, not 0"
    samples = project.quality().samples("quinn")
    alarms = [samples.answer(one.sample_id, is_right=False, reason="tone").is_alarm for one in samples.list()]
    assert alarms.index(True) == 1
    found = Quality.model_validate(caller(project, "eva", "admin").get("/api/v1/quality").json())
    (one,) = found.certificates
    assert (one.is_on, one.is_alarm, one.wrong, one.audited) == (False, True, len(alarms), len(alarms))
    assert one.status.startswith("revoked by monitor: the monitor found 2 wrong of 2 audited decisions")
    said = place.say("review", "figures", "--json")
    own = Quality.model_validate_json(said.out)
    assert own.model_copy(update={"since": found.since, "at": found.at}) == found
    text = place.say("review", "figures").out
    assert "main, look: automation off" in text
    assert "revoked by monitor" in place.say("certify", "--list").out
    metrics = caller(project, "ops", "operator").get("/metrics").text
    labels = f'graph="main",node="look",certificate="{one.certificate_id}"'
    assert f"compound_certificate_withdrawn{{{labels}}} 1" in metrics
    assert f"compound_certificate_alarm_at{{{labels}}} " in metrics
    assert f"compound_certificate_e_value{{{labels}}} " in metrics
    assert "compound_quality_samples_open 0" in metrics
    with project.resources.state.read() as db:
        told = db.execute(sa.select(webhook_delivery.c.event, webhook_delivery.c.data)).all()
    data = {"certificate_id": one.certificate_id, "actor": "monitor", "graph": "main", "node": "look"}
    assert [(row.event, row.data) for row in told] == [("automation.stopped", data)]
    assert [one.is_alarm for one in project.quality().certificates()] == [True]


def test_pruned_samples_are_gone_and_their_notes(tmp_path: Path) -> None:
    place = certified(tmp_path)
    claims(place, until=1)
    with place.open() as project:
        samples = project.quality().samples("quinn")
        first = samples.list()[0]
        samples.answer(first.sample_id, is_right=True, note="about ann")
        claims(place, until=1, first=301)
        assert samples.count() >= 1
    place.edit("graphs/policies/claims.yaml", "\nautomatic: {", "\nretention: {content: 1d}\nautomatic: {")
    with place.open() as project:
        project.prune(now=project.resources.clock() + 3 * 86_400)
        samples = project.quality().samples("quinn")
        assert samples.count() == 0
        with project.resources.state.read() as db:
            notes = list(db.execute(sa.select(tables.qa_sample.c.note)).scalars())
    assert notes
    assert set(notes) == {None}
