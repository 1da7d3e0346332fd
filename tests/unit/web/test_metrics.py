"""What Prometheus reads, who may read it, and when the server says that it is not ready."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from compound.connector.state import tables
from compound.project import Project
from compound.web import create_app
from compound.web.identity.people import People
from compound.web.metrics.exposition import Metric, Sample, exposition, histogram
from tests.support.desks.reply_desk import ReplyDesk, ticket

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\+Inf|-?[0-9.e+-]+)')
ADDRESS = "http://127.0.0.1:8300"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> ReplyDesk:
    desk = ReplyDesk(tmp_path_factory.mktemp("desk"))
    desk.batch("ask", "--from", str(desk.write("asked.jsonl", [ticket("t1"), ticket("t2", 'a "quoted" line')])))
    desk.batch("--from", str(desk.write("x.jsonl", [ticket("t3"), ticket("t4", "bug")])), code=3)
    return desk


@pytest.fixture
def project(desk: ReplyDesk) -> Iterator[Project]:
    opened = desk.open()
    yield opened
    opened.close()


def client(project: Project, *, peer: str = "127.0.0.1", address: str = ADDRESS) -> TestClient:
    app = create_app(project, hosts=("127.0.0.1", "desk.example"))
    return TestClient(app, base_url=address, client=(peer, 50000))


def read(text: str) -> dict[str, float]:
    """Every sample of an exposition, each line of which must be well formed."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (gauge|counter|histogram))", line), line
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        found[line.rpartition(" ")[0]] = float(match.group(3))
    return found


def test_the_figures_are_those_of_the_project(project: Project) -> None:
    answer = client(project).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = read(answer.text)
    assert found['compound_reviews{status="pending",queue="default"}'] == 2
    assert found['compound_batch_items{status="waiting_review"}'] == 2
    assert (found['compound_batch_items{status="done"}'], found['compound_batch_items{status="failed"}']) == (1, 1)
    assert found['compound_effects{status="sent",effect="say"}'] == 1
    assert found['compound_runs{graph="ask",status="waiting_review"}'] == 2
    assert found['compound_batches{graph="main",status="dead_letters"}'] == 1
    assert found['compound_batch_item_seconds_bucket{le="+Inf"}'] == found["compound_batch_item_seconds_count"] == 4
    assert found["compound_batch_item_seconds_sum"] > 0
    assert found["compound_reviews_oldest_open_seconds"] > 0
    assert found['compound_reviews_open_older_than{seconds="604800"}'] == 0


def test_calls_of_models_are_counted_with_tokens_and_known_cost(project: Project) -> None:
    for number, cost in enumerate((0.25, None)):
        row = {
            "call_key": f"k{number}", "run_id": "r", "node": "n", "request_hash": "h", "state": "finished",
            "provider": "p", "model": "m", "usage": {"input_tokens": 10, "output_tokens": 3}, "cost_usd": cost,
            "known_usd": 0.5 if cost is None else cost, "created_at": 1.0,
        }  # fmt: skip
        with project.resources.state.write() as db:
            db.execute(sa.insert(tables.call).values(**row))
    found = read(client(project).get("/metrics").text)
    model = 'provider="p",model="m"'
    assert found[f"compound_model_calls_total{{{model}}}"] == 2
    assert found[f'compound_model_tokens_total{{{model},kind="input"}}'] == 20
    assert found[f'compound_model_tokens_total{{{model},kind="output"}}'] == 6
    assert found[f"compound_model_cost_usd_total{{{model}}}"] == 0.75
    assert found[f"compound_model_calls_of_unknown_cost_total{{{model}}}"] == 1


def test_they_are_open_to_this_machine_only(project: Project) -> None:
    people = People(project.resources.state, project.resources.clock)
    people.add("olga", roles=["operator"])
    people.add("rae", roles=["reviewer"])
    tokens = {
        name: people.token(name, label="prometheus", scopes=scopes)
        for name, scopes in (("olga", ["batches", "read"]), ("rae", ["read"]))
    }

    def status(peer: str, address: str = ADDRESS, **headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return (
            client(project, peer=peer, address=address)
            .get("/metrics", headers=given, follow_redirects=False)
            .status_code
        )

    assert status("127.0.0.1") == 200
    assert status("127.0.0.1", "http://desk.example") == 303
    assert status("127.0.0.1", x_forwarded_for="10.0.0.7") == 303
    assert status("10.0.0.7") == 303
    assert status("10.0.0.7", authorization=f"Bearer {tokens['olga']}") == 200
    assert status("10.0.0.7", authorization=f"Bearer {tokens['rae']}") == 403
    assert status("10.0.0.7", authorization="Bearer wrong") == 401


def test_it_is_ready_until_its_worker_ends(project: Project) -> None:
    app = create_app(project)
    with TestClient(app, base_url=ADDRESS) as page:
        assert page.get("/health").json() == {"status": "ok"}
        assert (page.get("/ready").status_code, page.get("/ready").json()["status"]) == (200, "ready")
        app.state.place.worker.stop(wait_s=5)
        said = page.get("/ready")
        assert (said.status_code, said.json()["checks"]["state"]) == (503, "ok")
        assert "the worker has not looked" in said.json()["checks"]["worker"]


def test_a_store_of_another_version_and_a_broken_lakehouse_are_not_ready(tmp_path: Path) -> None:
    desk = ReplyDesk(tmp_path)
    project = desk.open()
    with project.resources.state.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9_9999'")
    folder = project.settings.profile.lakehouse
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        folder.rmdir()
    folder.write_text("not a folder")
    said = TestClient(create_app(project), base_url=ADDRESS).get("/ready")
    assert said.status_code == 503
    assert "v9_9999" in said.json()["checks"]["state"]
    assert "lakehouse.missing" in said.json()["checks"]["lakehouse"]
    project.close()


def test_labels_are_escaped_and_buckets_are_sums() -> None:
    one = Metric("m_total", "counter", "A\nline.", [Sample(1, {"name": 'a "b" \\ c\nd'})])
    assert exposition([one]).splitlines() == [
        "# HELP m_total A\\nline.",
        "# TYPE m_total counter",
        'm_total{name="a \\"b\\" \\\\ c\\nd"} 1',
    ]
    made = histogram([1.0, 2.5], [3, 0, 2], 9.5, {})
    assert [(one.suffix, one.value) for one in made] == [
        ("_bucket", 3), ("_bucket", 3), ("_bucket", 5), ("_sum", 9.5), ("_count", 5),
    ]  # fmt: skip
