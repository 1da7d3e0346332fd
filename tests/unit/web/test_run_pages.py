"""The pages of runs as a program reads them: rights, search, values that are hidden, texts of foreign hands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from compound.project import Project
from compound.trace.active import child
from compound.trace.parquet import ParquetStore
from compound.trace.recorder import Recorder
from compound.web import create_app
from compound.web.identity.people import People
from compound.web.identity.roles import rights_of
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
nodes:
  draft: {use: tool, tool: shout, in: {text: $input.text}}
  polish: {use: tool, tool: shout, when: input.text != '', in: {text: $draft}}
output: {text: $polish?}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def shout(text: str) -> str:
    """The text in capitals."""
    return text.upper()
'''
EVIL = "<img src=x onerror=alert(1)>\"'\u202e"


class Web:
    """A project, called with tokens."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.client = TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver")
        people = People(project.resources.state, project.resources.clock)
        for role in ("developer", "viewer", "operator"):
            people.add(role, roles=[role])
        self._tokens = {
            role: people.token(role, label="test", scopes=sorted(right.value for right in rights_of([role])))
            for role in ("developer", "viewer", "operator")
        }

    def get(self, path: str, role: str = "developer", **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self._tokens[role]}", **more}
        return self.client.get(path, headers=headers, follow_redirects=False)

    def post(self, path: str, data: Mapping[str, str], role: str = "developer") -> Any:
        headers = {"authorization": f"Bearer {self._tokens[role]}"}
        return self.client.post(path, data=dict(data), headers=headers, follow_redirects=False)

    def run(self, text: str) -> str:
        return self.project.run(None, {"text": text}).run_id


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    root = write_project(tmp_path, {"graphs/main.yaml": GRAPH, "tools/shout.py": TOOLS})
    (root / "lakehouse").mkdir()
    with Project.open(root) as project:
        yield Web(project)


def record(project: Project, run_id: str, work: Callable[[Recorder], None], **options: Any) -> None:
    recorder = Recorder(ParquetStore(project.resources.traces_folder), **options)
    with recorder.run(graph_name="main", graph_hash="x", run_id=run_id, thread_id=EVIL):
        work(recorder)
    recorder.close()


@pytest.mark.parametrize(
    "path",
    [
        "/runs",
        "/runs/counts",
        "/runs/RUN",
        "/runs/RUN/value?node=draft",
        "/runs/RUN/against/RUN",
        "/runs/RUN/events",
        "/graphs",
        "/graphs/main",
    ],
)
def test_only_who_may_see_runs_sees_them(web: Web, path: str) -> None:
    address = path.replace("RUN", web.run("hi"))
    assert web.get(address).status_code in (200, 204)
    assert web.get(address, role="viewer").status_code == 403
    assert web.get(address, role="operator").status_code == 403
    assert web.client.get(address, follow_redirects=False).status_code == 303


def test_only_who_may_create_starts_and_replays(web: Web) -> None:
    run_id = web.run("hi")
    for path, data in (("/graphs/main/run", {"input.text": "x"}), (f"/runs/{run_id}/replay", {})):
        assert web.post(path, data, role="viewer").status_code == 403
        assert web.post(path, data).status_code == 303


def test_what_does_not_exist_is_not_found(web: Web) -> None:
    for path in ("/runs/none", "/runs/none/against/none", "/graphs/none", "/runs/none/value?node=x"):
        assert web.get(path).status_code == 404, path
    assert web.get(f"/runs/{web.run('hi')}/value?node=none").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=needle", ["One needle"]),
        ("q=straße", ["zwei STRASSEN, eine Straße"]),
        ("graph=other", []),
        ("status=failed", []),
        ("status=nonsense&when=nonsense&usd=nonsense&after=nonsense", ["One needle", "zwei STRASSEN, eine Straße"]),
        ("usd=0.01", []),
        ("q=%25", []),
    ],
)
def test_a_search_finds(web: Web, query: str, found: list[str]) -> None:
    ids = {web.run(text): text for text in ("One needle", "zwei STRASSEN, eine Straße")}
    text = web.get(f"/runs?{query}").text
    assert sorted(ids[run_id] for run_id in ids if f'href="/runs/{run_id}"' in text) == sorted(found)


def test_counts_are_those_of_the_search_whatever_its_status(web: Web) -> None:
    web.run("a")
    web.run("b needle")
    assert web.get("/runs/counts?status=failed").json() == {
        "counts": {"done": 2, "paused": 0, "failed": 0, "unfinished": 0}
    }
    assert web.get("/runs/counts?q=needle").json()["counts"]["done"] == 1


def test_a_list_has_pages(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    from compound.web.runs import finding

    monkeypatch.setattr(finding, "PAGE", 2)
    ids = [web.run(str(number)) for number in range(3)]
    first = web.get("/runs").text
    assert [run_id in first for run_id in ids] == [False, True, True]
    after = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = web.get(after).text
    assert [f'href="/runs/{run_id}"' in second for run_id in ids] == [True, False, False]
    assert 'rel="next"' not in second


def test_content_that_is_not_recorded_stays_hidden(web: Web) -> None:
    def work(recorder: Recorder) -> None:
        with recorder.node("draft", kind="tool") as node:
            node.input({"secret": "swordfish"})
            node.output("swordfish")

    record(web.project, "hidden", work, keep_content=False)
    page = web.get("/runs/hidden?node=draft&tab=output")
    assert "The content is not kept" in page.text
    assert "swordfish" not in page.text
    assert web.get("/runs/hidden/value?node=draft").status_code == 404
    assert "only one run has a stored output" in web.get(f"/runs/{web.run('hi')}/against/hidden").text


def test_texts_of_foreign_hands_are_texts(web: Web) -> None:
    def work(recorder: Recorder) -> None:
        with recorder.node("draft", kind="tool") as node:
            node.input({EVIL: [EVIL]})
            node.output(EVIL)
            with child(EVIL, kind="sql", sql_text=EVIL, data_inputs=[{"uri": EVIL, "version": 1}]):
                pass
        with recorder.node("polish", kind="tool") as node:
            node.skip(EVIL)

    record(web.project, "evil", work)
    pages = ["/runs", f"/runs/evil/against/{web.run(EVIL)}", "/runs/evil?node=polish", f"/runs?q={EVIL}"]
    pages += [f"/runs/evil?node=draft&tab={tab}" for tab in ("input", "output", "data", "attempts")]
    for path in pages:
        text = web.get(path).text
        assert "<img" not in text, path
        shown = re.sub(r"<textarea.*?</textarea>|<input.*?>", "", text, flags=re.DOTALL)  # a field has what is edited
        assert "\u202e" not in shown, path
    value = web.get("/runs/evil/value?node=draft&which=output")
    assert value.json() == EVIL
    assert value.headers["content-type"] == "application/json"
    assert value.headers["x-content-type-options"] == "nosniff"


def test_a_started_run_tells_its_events_without_values_and_again_from_where_a_browser_stopped(web: Web) -> None:
    answer = web.post("/graphs/main/run", {"input.text": "swordfish"})
    path = answer.headers["location"]
    told = web.get(f"{path}/events")
    assert told.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("event: ") for line in told.text.splitlines() if line.startswith("event: ")]
    assert events == ["run_started", *["node_started", "node_finished"] * 2, "run_finished"]
    assert "SWORDFISH" not in told.text
    later = web.get(f"{path}/events", **{"last-event-id": "5"}).text
    assert [line for line in later.splitlines() if line.startswith("id:")] == ["id: 6"]
    assert "SWORDFISH" in web.get(f"{path}?node=draft").text
    assert web.get(f"/runs/{web.run('hi')}/events").status_code == 204


def test_a_replay_runs_what_depends_on_the_swapped_value(web: Web) -> None:
    run_id = web.run("hi")
    made = web.post(f"/runs/{run_id}/replay", {"node": "draft", "value": "low", "as": "text"}).headers["location"]
    text = web.get(made).text
    assert "<ins>low</ins>" in text
    assert "<ins>LOW</ins>" in text
    refused = web.post(f"/runs/{run_id}/replay", {"node": "none", "value": "1"})
    assert refused.status_code in (404, 422)
    assert "none" in refused.text
