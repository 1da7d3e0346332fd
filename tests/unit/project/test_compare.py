"""`compound diff`: files, names, a git revision; suites and paused runs that a change touches."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.errors import ProjectError
from compound.project.work.compare import compare_graphs
from compound.spec import load_graph

GRAPH = """\
compound: graph/v1
name: desk
input: {text: str}
output: {sent: $send?}
nodes:
  read: {use: tool, tool: read_text, in: {text: $input.text}}
  rows: {use: sql, tool: rows, in: {id: $read.id}}
  draft: {use: llm, model: writer, prompt: prompts/p.md, in: {read: $read, rows: $rows}}
  review: {use: review, show: [$draft]}
  send: {use: effect, tool: send, when: review.action != 'reject', in: {text: $draft}}
  after: {use: tool, tool: log, in: {sent: $send?}}
"""
SUITE = """\
compound: suite/v1
name: drafts
graph: desk
until: review
cases: cases:load
scorers: [scorers:it]
scores: {good: Share of good drafts.}
"""
MODELS = "compound: models/v1\nmodels:\n  writer: {solver: a}\n  other: {solver: b}\n"
FILES = {
    "pyproject.toml": '[tool.compound]\nname = "p"\ngraph = "desk"\n[tool.compound.profiles.sample]\n',
    "graphs/desk.yaml": GRAPH,
    "graphs/prompts/p.md": "Write {{ read }} {{ rows }}",
    "tools/rows.sql": "---\nname: rows\n---\nSELECT 1",
    "tools/reading.py": "def read_text(text: str) -> dict[str, str]:\n    return {'id': text}\n",
    "connectors/models.yaml": MODELS,
    "evals/drafts/suite.yaml": SUITE,
    "evals/whole/suite.yaml": SUITE.replace("name: drafts", "name: whole").replace("until: review", "until: end"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project under version control, one commit old."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        git(tmp_path, *arguments)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMPOUND_HOME", raising=False)
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nothing_changed(project: Path) -> None:
    edit(project, "graphs/desk.yaml", "name: desk", "name: desk   # only a comment")
    (found,) = compare_graphs([], against="HEAD")
    assert found.status == "same"
    assert [one.is_affected for one in found.suites] == [False, False]


def test_what_comes_after_the_review_changes_no_draft(project: Path) -> None:
    edit(project, "graphs/desk.yaml", "tool: log", "tool: log2")
    (found,) = compare_graphs(["desk"], against="HEAD")
    assert {one.name: one.is_affected for one in found.suites} == {"drafts": False, "whole": True}


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("graphs/prompts/p.md", "Write", "Say", "draft"),
        ("tools/rows.sql", "SELECT 1", "SELECT 2", "rows"),
        ("tools/reading.py", "'id'", "'ids'", "read"),
        ("connectors/models.yaml", "solver: a", "solver: c", "draft"),
    ],
)
def test_files_that_nodes_use_count(project: Path, file: str, old: str, new: str, stale: str) -> None:
    edit(project, file, old, new)
    (found,) = compare_graphs([], against="HEAD")
    assert found.diff is not None
    assert found.diff.stale[0] == stale
    assert found.diff.nodes == ()
    assert all(one.is_affected for one in found.suites)


def test_a_model_that_no_node_uses_touches_nothing(project: Path) -> None:
    edit(project, "connectors/models.yaml", "solver: b", "solver: c")
    assert [one.status for one in compare_graphs([], against="HEAD")] == ["same"]


def test_graphs_that_came_and_went(project: Path) -> None:
    (project / "graphs/new.yaml").write_text(GRAPH.replace("name: desk", "name: new"), encoding="utf-8")
    (project / "graphs/desk.yaml").unlink()
    assert [(one.name, one.status) for one in compare_graphs([], against="HEAD")] == [
        ("desk", "removed"),
        ("new", "added"),
    ]


def test_two_files_need_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(GRAPH, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GRAPH.replace("top", "pot").replace("$draft]", "$draft, $rows]"), encoding="utf-8")
    (found,) = compare_graphs(["a.yaml", "b.yaml"])
    assert found.diff is not None
    assert [one.name for one in found.diff.nodes] == ["review"]
    assert found.waiting is None


@pytest.mark.parametrize(
    ("names", "against", "code"),
    [
        ([], "nope", "history.unknown-revision"),
        ([], "--output=x", "history.unknown-revision"),
        (["desk"], None, "diff.two-graphs"),
        (["desk", "dsk"], None, "project.unknown-graph"),
        (["dsk"], "HEAD", "project.unknown-graph"),
        (["desk", "missing.yaml"], None, "yaml.unreadable"),
    ],
)
def test_refused(project: Path, names: list[str], against: str | None, code: str) -> None:
    with pytest.raises(ProjectError) as caught:
        compare_graphs(names, against=against)
    assert caught.value.code == code


def test_a_project_outside_of_version_control(project: Path) -> None:
    (project / ".git").rename(project / "elsewhere")
    with pytest.raises(ProjectError) as caught:
        compare_graphs([], against="HEAD")
    assert caught.value.code == "history.no-git"


def test_runs_that_wait_are_counted_where_they_wait(project: Path) -> None:
    spec = load_graph(GRAPH, "desk.yaml")
    state = StateStore.open(str(project / ".compound/sample/state.db"))
    with closing(state), state.write() as db:
        for number, (graph_hash, status) in enumerate(
            [(spec.hash, "pending"), (spec.hash, "decided"), ("x", "pending")]
        ):
            run = {"run_id": f"r{number}", "graph_name": "desk", "graph_hash": graph_hash, "status": "waiting"}
            db.execute(sa.insert(tables.run).values(run | {"created_at": 0, "updated_at": 0}))
            item = {"review_id": f"i{number}", "run_id": f"r{number}", "node": "review", "queue": "q", "status": status}
            item |= {
                "version": 1,
                "second": [],
                "undo_s": {},
                "item": {},
                "evidence": [],
                "reasons": [],
                "refs": [],
                "draft_seq": 1,
            }
            item |= {"evidence_sha256": "", "on_expire": "", "created_at": 0, "updated_at": 0}
            db.execute(sa.insert(tables.review).values(item))
    edit(project, "graphs/desk.yaml", "tool: log", "tool: log2")
    (found,) = compare_graphs([], against="HEAD")
    assert found.waiting == {"review": 1}
    assert "runs paused at review (1 waiting): can move" in program(project, "diff", "--against", "HEAD")[1]


def program(root: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "compound", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command(project: Path) -> None:
    assert program(project, "diff", "--against", "HEAD") == (
        0,
        "desk: graphs/desk.yaml@HEAD -> graphs/desk.yaml: the same\n",
    )
    edit(project, "graphs/desk.yaml", "prompt: prompts/p.md", "prompt: prompts/q.md, timeout: 3s")
    code, text = program(project, "diff", "--against", "HEAD")
    assert code == 1
    assert text.splitlines()[1:] == [
        "  ~ draft (llm)",
        "      prompt: prompts/p.md -> prompts/q.md",
        "      timeout: + 3s",
        "  affected: review, send, after",
        "  evaluation drafts: every case",
        "  evaluation whole: every case",
        "  runs paused at review: must be redone, recomputing draft, review",
        "  runs paused at send: must stay: the effect send may have acted, and it changed",
    ]
    code, text = program(project, "diff", "--against", "HEAD", "--json")
    record: dict[str, Any] = json.loads(text)["graphs"][0]
    assert (code, record["status"], record["diff"]["stale"]) == (1, "changed", ["draft", "review", "send", "after"])
    assert program(project, "diff", "--against", "nope")[0] == 2


def test_a_policy_that_keeps_longer_is_a_change_of_the_graphs_under_it(project: Path) -> None:
    policy = "compound: policy/v1\nname: p\neffects: {send: {automatic: true}}\nretention: {content: 30d}\n"
    (project / "graphs/policies").mkdir()
    (project / "graphs/policies/p.yaml").write_text(policy, encoding="utf-8")
    edit(project, "graphs/desk.yaml", "name: desk\n", "name: desk\npolicy: p\n")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "a policy")
    assert [one.status for one in compare_graphs([], against="HEAD")] == ["same"]
    edit(project, "graphs/policies/p.yaml", "30d", "90d")
    (one,) = compare_graphs([], against="HEAD")
    assert one.status == "changed"
    assert [change.to_json() for change in one.policy] == [{"path": "retention.content", "old": "30d", "new": "90d"}]


def test_what_a_revision_has_in_python_is_not_run_and_the_message_names_the_others(project: Path) -> None:
    (project / "graphs/loud.py").write_text(
        'from compound import Graph\n\ngraph = Graph("loud", input={"a": "str"})\n', encoding="utf-8"
    )
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "second")
    with pytest.raises(ProjectError) as caught:
        compare_graphs([], against="HEAD")
    assert caught.value.code == "history.python-graph"
    assert "graphs in YAML: desk" in caught.value.fix
    assert [one.status for one in compare_graphs(["desk"], against="HEAD")] == ["same"]
