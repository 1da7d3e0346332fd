"""What a policy does not let be kept goes; what goes on, or is younger, stays, and so does all that proves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from compound import Project
from compound.connector.state import tables
from compound.connector.state.audit import append_audit
from compound.errors import CompoundError, ConflictError
from tests.support.certificates import grant
from tests.support.commands import command
from tests.support.data.state_stores import postgresql_url
from tests.support.projects import PYPROJECT, write_project
from tests.support.tracing import on_disk

if TYPE_CHECKING:
    from compound.project import PruneReport, RunView

SECRET = "Nora lives in Fern Row"
DAY = 86_400.0
POLICY = (
    "compound: policy/v1\nname: short\neffects: {}\nretention: {content: 30d, traces: 60d}\n"
    "automatic: {error_at_most: 2%, confidence: 95%, audit_share: 0%}\n"
)  # fmt: skip
MAIN = """\
compound: graph/v1
name: main
policy: short
input: {text: str, ask: bool}
output: {loud: $loud, action: $ok.action}
nodes:
  loud: {use: tool, tool: shout, in: {text: $input.text}, out: str, cache: 20d}
  ok:
    use: review
    show: [$input.text, $loud]
    auto: {when: not input.ask}
"""
FREE = MAIN.replace("name: main\npolicy: short", "name: free").replace(", cache: 20d", "")
FAILS = """\
compound: graph/v1
name: fails
policy: short
input: {text: str}
output: {loud: $loud}
nodes:
  loud: {use: tool, tool: fail, in: {text: $input.text}, out: str}
  ok: {use: review, show: [$loud]}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@tool
def fail(text: str) -> str:
    """Fail, and say with what."""
    raise ValueError(text)
'''
FILES = {
    "graphs/main.yaml": MAIN,
    "graphs/free.yaml": FREE,
    "graphs/fails.yaml": FAILS,
    "graphs/policies/short.yaml": POLICY,
    "tools/voice.py": TOOLS,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    state = f'state = "{postgresql_url()}"\n' if request.param == "postgresql" else ""
    opened = Project.open(write_project(tmp_path, FILES | {"pyproject.toml": PYPROJECT + state}))
    grant(opened, "main", "ok")
    yield opened
    opened.close()


def done(project: Project, text: str = SECRET, graph: str = "main") -> RunView:
    return project.run(graph, {"text": text, "ask": False})


def waiting(project: Project, text: str = SECRET) -> RunView:
    return project.run("main", {"text": text, "ask": True})


def prune(project: Project, days: float, *, dry_run: bool = False) -> PruneReport:
    """Prune as if so many days had gone by."""
    return project.prune(now=time.time() + days * DAY, dry_run=dry_run)


def words(project: Project) -> str:
    """Everything that the state store and the traces say, the audit log too."""
    with project.resources.state.read() as db:
        rows = [tuple(row) for table in tables.metadata.sorted_tables for row in db.execute(sa.select(table))]
    stored = [row for table in ("spans", "blobs", "scores") for row in project.traces().sql(f"from {table}").rows]
    return "\n".join(sorted(map(repr, [*rows, *stored])))


def hashes(project: Project) -> set[tuple[object, ...]]:
    return set(project.traces().sql("select span_id, input_sha256, output_sha256, bytes from spans").rows)


def test_content_goes_and_hashes_stay(project: Project) -> None:
    run = done(project)
    before = hashes(project)
    assert SECRET in words(project)
    report = prune(project, 31)
    said = words(project)
    assert SECRET not in said
    assert SECRET.upper() not in said
    assert hashes(project) == before
    assert [one.emptied for one in report.policies] == [(run.run_id,)]
    with project.resources.state.read() as db:
        row = db.execute(sa.select(tables.run)).one()
        decision = db.execute(sa.select(tables.decision)).one()
    assert (row.status, row.input, row.output, bool(row.input_sha256)) == ("done", None, None, True)
    assert (decision.action, decision.draft, bool(decision.body_sha256)) == ("approve", {}, True)
    assert decision.actor.startswith("policy:")


def test_nothing_younger_goes(project: Project) -> None:
    done(project)
    before = words(project)
    report = prune(project, 29)
    assert words(project) == before
    assert report.removed == {"cached": 1}  # `cache: 20d`: it has expired


def test_what_waits_longer_than_its_words_may_be_kept_is_withdrawn_and_never_approved(project: Project) -> None:
    run = waiting(project)
    before = words(project)
    (item,) = project.waiting_items(run.run_id)
    assert "reviews" not in prune(project, 29).removed
    assert words(project) == before
    report = prune(project, 31)
    assert [list(cut.waiting) for cut in report.policies] == [[run.run_id]]
    assert SECRET not in words(project)
    shown = project.reviews().show(item)
    assert (shown.status, shown.decisions) == ("withdrawn", ())
    with pytest.raises(ConflictError, match="withdrawn"):
        project.reviews().decide(item, "approve", user="ann")


def test_a_shared_text_stays_until_the_last_run_with_it_goes(project: Project) -> None:
    done(project)
    run = waiting(project)
    with project.resources.state.write() as db:  # the run that waits is a day younger
        later = {"updated_at": tables.review.c.updated_at + 2 * DAY}
        db.execute(sa.update(tables.review).values(later))
    prune(project, 31)
    assert SECRET in words(project)
    assert all(project.traces().blob(str(sha)) for sha in _texts(project, run.run_id))
    project.reviews().decide(project.waiting_items(run.run_id)[0], "approve", user="ann")
    project.resources.recorder.flush()
    prune(project, 34)
    assert SECRET not in words(project)


def _texts(project: Project, run_id: str) -> list[object]:
    query = "select unnest([input_sha256, output_sha256]) from spans where run_id = $run and kind = 'node'"
    return [row[0] for row in project.traces().sql(query, {"run": run_id}).rows if row[0] is not None]


def test_a_graph_without_a_policy_keeps_everything(project: Project) -> None:
    run = done(project, "kept for ever", graph="free")
    project.reviews().decide(project.waiting_items(run.run_id)[0], "approve", user="ann")
    before = words(project)
    prune(project, 5_000)
    assert words(project) == before


def test_a_failed_run_loses_its_words_its_error_keeps_its_code(project: Project) -> None:
    project.run("fails", {"text": SECRET})
    prune(project, 31)
    assert SECRET not in words(project)
    with project.resources.state.read() as db:
        error = db.execute(sa.select(tables.run.c.error)).scalar_one()
    assert set(error) == {"code", "node"}


def test_spans_go_later_and_the_row_of_the_run_stays(project: Project) -> None:
    done(project)
    prune(project, 31)
    report = prune(project, 61)
    assert report.removed["spans"] > 0
    for table in ("spans", "blobs"):
        assert project.traces().sql(f"select * from {table}").rows == ()
    with project.resources.state.read() as db:
        assert db.execute(sa.select(tables.run.c.status)).scalar_one() == "done"


def test_a_second_prune_finds_nothing_and_tells_nothing(project: Project) -> None:
    done(project)
    prune(project, 31)
    before = words(project)
    assert prune(project, 31).removed == {}
    assert words(project) == before
    prune(project, 61)
    before = words(project)
    assert prune(project, 61).removed == {}
    assert words(project) == before


def test_a_dry_run_says_what_would_go_and_changes_nothing(project: Project) -> None:
    run = done(project)
    before = words(project)
    report = prune(project, 31, dry_run=True)
    assert report.policies[0].emptied == (run.run_id,)
    assert report.removed["blobs"] > 0
    assert words(project) == before


def test_the_audit_log_tells_each_application_once_and_stays_whole(project: Project) -> None:
    done(project)
    prune(project, 31)
    with project.resources.state.read() as db:
        told = db.execute(sa.select(tables.audit).where(tables.audit.c.event == "retention.applied")).all()
    assert [(one.subject, one.details["runs_emptied"], one.details["runs_dropped"]) for one in told] == [
        ("short", 1, 0)
    ]
    assert project.services.queue.verify_audit().ok


@pytest.mark.parametrize(
    "step", ["compound.project.retention.prune_state._emptying", "compound.trace.prune.TracePrune._spans"]
)
def test_a_prune_that_died_between_two_steps_is_finished_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    done(project)

    def dies(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, dies)
        with pytest.raises(KeyboardInterrupt):
            prune(project, 31)
    prune(project, 31)
    assert SECRET not in words(project)
    assert prune(project, 31).removed == {}


def test_a_reader_sees_every_span_once_beside_a_prune(project: Project) -> None:
    for number in range(3):
        done(project, f"{SECRET} {number}")
        project.resources.recorder.flush()
    before = hashes(project)
    other, _ = on_disk(project.resources.traces_folder)
    prune(project, 31)
    assert set(other.sql("select span_id, input_sha256, output_sha256, bytes from spans").rows) == before


def test_what_is_gone_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = waiting(project)
    item = project.waiting_items(run.run_id)[0]
    project.reviews().decide(item, "approve", user="ann")
    prune(project, 31)
    shown = project.reviews().show(item)
    assert "pruned" in shown.text()
    assert "approve by ann" in shown.text()
    with pytest.raises(CompoundError) as gone:
        project.replay(run.run_id)
    assert gone.value.code == "replay.pruned"
    with pytest.raises(CompoundError) as over:
        project.resume(run.run_id)
    assert over.value.code == "graph.pruned"
    tree = command(["traces", "show", run.run_id])
    assert "pruned" in tree.output


def test_the_command_line_prunes_and_says_what(project: Project) -> None:
    done(project)
    append_old(project)
    project.close()
    said = command(["prune", "--dry-run"])
    assert said.exit_code == 0, said.output
    assert "would be removed" in said.output
    told = json.loads(command(["prune", "--json"]).output)
    assert (told["dry_run"], told["policies"][0]["policy"], told["left"]) == (False, "short", {})


def append_old(project: Project) -> None:
    with project.resources.state.write() as db:
        append_audit(db, "test.noted", at=0.0, actor="test", subject="s", details={})


def test_a_broken_policy_leaves_its_runs_alone_and_is_named(project: Project) -> None:
    done(project)
    before = words(project)
    (project.settings.root / "graphs/policies/short.yaml").write_text(POLICY.replace("30d", "soon"), encoding="utf-8")
    report = prune(project, 31)
    assert words(project) == before
    assert "soon" in report.left["policy short"]


def test_no_byte_of_it_is_left_in_any_database_file(project: Project) -> None:
    done(project)
    project.run("fails", {"text": SECRET})
    home = project.settings.home
    files = ("state.db*", "checkpoints.db*", "node_cache.db*")

    def found() -> set[str]:
        texts = (SECRET.encode(), SECRET.upper().encode())
        paths = [path for pattern in files for path in home.glob(pattern)]
        return {path.name for path in paths if any(text in path.read_bytes() for text in texts)}

    assert found()
    prune(project, 31)
    project.close()  # SQLite takes its write-ahead logs in
    assert found() == set()


def test_runs_go_on_beside_a_prune(project: Project) -> None:
    """Runs that begin and end while another thread prunes again and again, as if each were old at once.

    A review may be withdrawn as too old between its opening and the decision of its rule: its run waits.
    """
    root = project.settings.root
    ended: list[RunView] = []

    def work() -> None:
        other = Project.open(root)
        try:
            ended.extend(done(other, f"{SECRET} {number}") for number in range(8))
            ended.append(waiting(other, "still asked"))
        finally:
            other.close()

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        prune(project, 31)
    worker.join()
    assert (len(ended), ended[-1].status) == (9, "waiting_review")
    withdrawn = sa.select(tables.review.c.run_id).where(tables.review.c.status == "withdrawn")
    with project.resources.state.read() as db:
        gone = set(db.execute(withdrawn).scalars())
    assert [one for one in ended[:-1] if one.status != "done" and one.run_id not in gone] == []
    assert any(one.status == "done" for one in ended)
    prune(project, 31)
    assert SECRET not in words(project)
    assert project.services.queue.verify_audit().ok
