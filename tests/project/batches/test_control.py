"""People pause, continue, cancel and retry a batch that another process runs."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from compound.web.metrics.exposition import exposition
from compound.web.metrics.figures import figures
from tests.project.batches.watched import Watched, until
from tests.support.data.state_stores import postgresql_url
from tests.support.desks.reply_desk import ReplyDesk, ticket


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.chdir(tmp_path)
    return Watched(tmp_path)


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=40)
    assert out, err
    return cast("dict[str, Any]", json.loads(out))


def test_a_cancellation_stops_the_process_between_items_and_only_resume_continues(desk: Watched) -> None:
    desk.questions("hold1", "two", "three")
    with desk.running() as process:
        until(lambda: "hold1" in desk.began())
        job = desk.only()
        assert (job["status"], job["running"], job["left"]) == ("running", 1, 2)
        desk.batches("cancel", job["job_id"][:6], "--note", "wrong file")
        assert desk.only()["status"] == "cancelling"
        desk.go("hold1")
        summary = ended(process)
    assert process.returncode == 5
    assert (summary["counts"], summary["cancelled_by"]) == ({"done": 1, "pending": 2}, "nora")
    assert desk.began() == {"hold1"}
    assert (desk.only()["status"], desk.only()["asked_by"]) == ("cancelled", "nora")

    refused = desk.run("batch", "ask", "--from", "q.csv")
    assert refused.exit_code == 6
    assert "cancelled by nora" in refused.stderr
    assert "(wrong file): 1 of 3 items are settled" in refused.stderr
    assert "--resume" in refused.stderr
    assert desk.began() == {"hold1"}

    assert desk.batch("ask", "--from", "q.csv", "--resume")["counts"] == {"done": 3}
    assert desk.only()["status"] == "complete"
    assert desk.batch("ask", "--from", "q.csv")["ran"] == 0


def test_resume_refuses_where_there_is_nothing_to_continue(desk: Watched) -> None:
    desk.questions("one")
    done = desk.run("batch", "ask", "--from", "q.csv", "--resume")
    assert (done.exit_code, "batch.nothing-to-resume" in done.stderr) == (2, True)
    assert desk.batches("list") == []


def test_a_pause_holds_the_process_until_somebody_continues(desk: Watched) -> None:
    desk.questions("hold1", "two", "three")
    with desk.running() as process:
        until(lambda: "hold1" in desk.began())
        name = desk.only()["job_id"]
        desk.batches("pause", name)
        assert desk.only()["status"] == "pausing"
        desk.go("hold1")
        until(lambda: desk.only()["status"] == "paused")
        time.sleep(0.7)
        assert (process.poll(), desk.began()) == (None, {"hold1"})
        assert desk.batches("show", name)["eta_s"] is None
        desk.batches("resume", name)
        assert ended(process)["counts"] == {"done": 3}
    assert desk.only()["status"] == "complete"


def test_a_batch_that_nothing_runs_is_cancelled_at_once_and_resumed_here(desk: Watched) -> None:
    desk.questions("one", "hold2", "three")
    with desk.running() as process:
        until(lambda: "hold2" in desk.began())
        process.kill()
        process.wait()
    job = desk.only()
    assert job["status"] == "interrupted"
    paused = desk.run("batches", "pause", job["job_id"])
    assert (paused.exit_code, "batch.not-running" in paused.stderr) == (6, True)
    desk.batches("cancel", job["job_id"])
    assert desk.only()["status"] == "cancelled"
    desk.go("hold2")
    assert desk.batches("resume", job["job_id"])["counts"] == {"done": 3}
    over = desk.run("batches", "cancel", job["job_id"])
    assert (over.exit_code, "batch.over" in over.stderr) == (6, True)


def test_one_dead_letter_is_tried_again_and_nothing_else(desk: Watched) -> None:
    desk.questions("bug1", "bug2", "three")
    assert desk.batch("ask", "--from", "q.csv", code=3)["counts"] == {"dead": 2, "done": 1}
    view = desk.batches("show", desk.only()["job_id"])
    assert view["errors"] == [{"code": "graph.node-crashed", "items": 2}]
    first = view["letters"][0]
    assert (first["item_id"], "bug1" in first["what"], first["can_retry"]) == ("1", True, True)
    (desk.root / "mended").touch()
    assert desk.batches("retry", view["job_id"], "1", code=3)["counts"] == {"dead": 1, "done": 2}
    assert desk.batches("retry", view["job_id"])["counts"] == {"done": 3}
    none = desk.run("batches", "retry", view["job_id"])
    assert (none.exit_code, "batch.nothing-to-retry" in none.stderr) == (6, True)


def test_an_item_that_is_retried_while_the_batch_runs_is_run_by_it(desk: Watched) -> None:
    desk.questions("bug1", "hold2")
    with desk.running() as process:
        until(lambda: "hold2" in desk.began())
        (desk.root / "mended").touch()
        assert desk.batches("retry", desk.only()["job_id"], "1")["retried"] == 1
        desk.go("hold2")
        assert ended(process)["counts"] == {"done": 2}


def test_a_limited_batch_is_resumed_with_its_limit_and_its_results(desk: Watched) -> None:
    desk.questions("one", "hold2", "three")
    with desk.running("--limit", "2", "--to", "out.jsonl") as process:
        until(lambda: "hold2" in desk.began())
        process.kill()
        process.wait()
    desk.go("hold2")
    desk.batches("resume", desk.only()["job_id"])
    rows = [json.loads(line) for line in (desk.root / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert "three" not in desk.began()


def test_an_unknown_batch_is_said(desk: Watched) -> None:
    desk.batch("main", "--from", str(desk.write("x.jsonl", [ticket("t1")])))
    done = desk.run("batches", "show", "nope")
    assert (done.exit_code, "batch.unknown-batch" in done.stderr) == (1, True)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_both_databases_count_and_draw_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.chdir(tmp_path)
    desk = ReplyDesk(tmp_path, state=postgresql_url() if database == "postgresql" else None)
    bad = [ticket(f"b{number}", "bug") for number in range(3)]
    desk.batch("--from", str(desk.write("x.jsonl", [ticket("t1"), *bad, ticket("t2")])), code=3)
    with closing(desk.open()) as project:
        service = project.batches()
        view = service.show(service.list()[0].job_id, code="graph.node-crashed", letters=2)
        assert (view.done, view.failed, view.left, view.status) == (2, 3, 0, "dead_letters")
        assert (sum(view.history), len(view.letters), view.more_letters) == (5, 2, 2)
        assert view.errors == [{"code": "graph.node-crashed", "items": 3}]
        assert service.show(view.job_id, code="other").letters == []
        assert service.retry(view.job_id, user="nora", items=["b1"]) == (1, False)
        assert (service.list()[0].status, service.list()[0].left) == ("stopped", 1)
        assert service.cancel(view.job_id, user="nora", note="enough") is False
        assert (service.list()[0].status, service.list()[0].note) == ("cancelled", "enough")
        text = exposition(figures(project.resources.state))
        assert 'compound_batch_items{status="failed"} 2' in text
        assert "compound_batch_item_seconds_count 5" in text
