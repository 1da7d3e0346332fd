"""What somebody meets who has just made a project: every command, its JSON, its errors, what it says in 80 columns."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk_homes import Home
from tests.support.forked import PYTHON, run_forked

TICKETS = 8
ACCEPTED = "select node_name, count(*), avg(end_time_unix_nano - start_time_unix_nano)/1e6 as ms from spans group by 1"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Program = Callable[..., Said]


def program_in(folder: Path) -> Program:
    env = {name: value for name, value in os.environ.items() if not name.startswith("COMPOUND_")}
    env |= {"COLUMNS": "80", "NO_COLOR": "1"}

    def run(*arguments: str, given: str = "") -> Said:
        done = run_forked([PYTHON, "-m", "compound", *arguments], cwd=folder, env=env, given=given, timeout=240)
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was made, seeded, indexed, trained, and has run a small batch; tests copy it."""
    folder = tmp_path_factory.mktemp("newcomer")
    assert program_in(folder)("init", "my-desk", "--template", "retail-desk").code == 0
    program = program_in(folder / "my-desk")
    for arguments in (
        ("seed",), ("index",), ("train", "intent"), ("check",), ("batch", "--limit", str(TICKETS)),
    ):  # fmt: skip
        said = program(*arguments)
        assert said.code == 0, f"{arguments}: {said.err}"
    return folder / "my-desk"


@pytest.fixture
def compound(prepared: Path, tmp_path: Path) -> Program:
    """The program, in such a project of the test's own."""
    project = tmp_path / "my-desk"
    shutil.copytree(prepared, project, ignore=shutil.ignore_patterns(".compound"))
    Home(path=prepared / ".compound").lean(project / ".compound")
    return program_in(project)


def widest(text: str) -> int:
    return max(len(line) for line in text.splitlines())


def test_the_traces_answer_sql(compound: Program) -> None:
    said = compound("traces", "sql", ACCEPTED)
    assert said.code == 0
    assert all(node in said.out for node in ("intake", "customers", "plan", "verdict", "review"))
    rows = compound("traces", "sql", ACCEPTED, "--json").data
    by_node = {row["node_name"]: row for row in rows}
    assert by_node["intake"]["count_star()"] == TICKETS
    assert all(row["ms"] > 0 for row in rows)


def test_each_sql_span_carries_the_delta_versions_it_read(compound: Program) -> None:
    spans = compound(
        "traces",
        "sql",
        "select node_name, data_inputs from spans where node_kind = 'sql' and attributes->>'skipped' is null",
        "--json",
    ).data
    assert {span["node_name"] for span in spans} == {"customers", "orders", "items", "payments", "methods", "variants"}
    for span in spans:
        assert span["data_inputs"], span
        for pin in span["data_inputs"]:
            assert pin["format"] == "delta"
            assert pin["version"] == 0
            assert pin["uri"].endswith(pin["uri"].rpartition("/")[2])
    items = next(span for span in spans if span["node_name"] == "items")
    assert {pin["uri"].rpartition("/")[2] for pin in items["data_inputs"]} == {"orders", "order_items"}


def test_runs_are_listed_and_shown_in_a_narrow_terminal(compound: Program) -> None:
    listed = compound("traces", "list", "--limit", "5")
    assert listed.code == 0
    assert widest(listed.out) <= 80
    assert "S-0008" in listed.out
    shown = compound("traces", "show", "S-0001")
    assert shown.code == 0
    assert widest(shown.out) <= 80, [line for line in shown.out.splitlines() if len(line) > 80]
    assert "customers@0" in shown.out
    assert "retrieve · 6 passages" in shown.out
    run_id = compound("traces", "list", "--limit", "1", "--json").data[0]["run_id"]
    assert compound("traces", "show", run_id[:12], "--json").data[0]["run_id"] == run_id


def test_a_wide_answer_is_shown_row_by_row(compound: Program) -> None:
    said = compound("traces", "sql", "select * from node_stats order by node_name limit 2")
    assert "-- 1 of 2" in said.out
    assert "null" in said.out


@pytest.mark.parametrize(
    "query", ["delete from spans", "create table t (a int)", "select 1; select 2", "copy spans to 'x.csv'", "selec 1"]
)
def test_a_trace_query_only_reads(compound: Program, query: str) -> None:
    said = compound("traces", "sql", query, "--json")
    assert said.code == 1
    assert said.data["error"]["code"] == "trace.query"


def test_reviews_are_read_and_decided(compound: Program) -> None:
    listed = compound("review", "list")
    assert widest(listed.out) <= 80
    items = compound("review", "list", "--json").data
    first = items[0]["short_id"]
    shown = compound("review", "show", first)
    assert f"compound review reject {first}" in shown.out
    assert widest(shown.out) <= 80, [line for line in shown.out.splitlines() if len(line) > 80]
    refused = compound("review", "reject", first, "--reason", "nonsense")
    assert (refused.code, "[review.not-offered]" in refused.err) == (1, True)
    decided = compound("review", "reject", first, "--reason", "tone", "--user", "ann", "--json")
    assert decided.code == 0
    assert decided.data["action"] == "reject"
    again = compound("review", "approve", first, "--user", "bob")
    assert again.code == 6
    assert "ann" in again.err
    assert first not in compound("review", "list").out


def test_a_draft_of_one_own_ticket_changes_nothing(compound: Program) -> None:
    before = len(compound("review", "list", "--all", "--json").data)
    said = compound("run", "--text", "Please cancel my order #W0000000, thanks.", "--draft")
    assert said.code == 0
    assert "\ntext\n" in said.out
    assert len(compound("review", "list", "--all", "--json").data) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("seed",),
        ("index",),
        ("check",),
        ("draw",),
        ("draw", "--svg"),
        ("batch", "--limit", "2"),
        ("run", "--text", "Where is my order?", "--draft"),
        ("review", "list"),
        ("traces", "list"),
        ("traces", "sql", "select 1 as one"),
        ("explain", "graph.cycle"),
        ("explain",),
        ("tools", "list"),
    ],
    ids=" ".join,
)
def test_json_is_one_document_and_nothing_else(compound: Program, arguments: tuple[str, ...]) -> None:
    said = compound(*arguments, "--json")
    assert said.code == 0, said.err
    assert said.data is not None


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A call that cannot work."""

    call: tuple[str, ...]
    code: str
    exit_code: int
    helps: str


MISTAKES = (
    Mistake(
        call=("check", "suport_reply"), code="project.unknown-graph", exit_code=2, helps="did you mean 'support_reply'?"
    ),
    Mistake(
        call=("seed", "--profile", "smaple"),
        code="project.unknown-profile",
        exit_code=2,
        helps="did you mean 'sample'?",
    ),
    Mistake(call=("train", "intend"), code="project.unknown-specialist", exit_code=2, helps="did you mean 'intent'?"),
    Mistake(call=("index", "handbok"), code="project.unknown-index", exit_code=2, helps="did you mean 'handbook'?"),
    Mistake(call=("eval", "outcomes"), code="project.unknown-suite", exit_code=2, helps="did you mean 'outcome'?"),
    Mistake(call=("run",), code="item.missing", exit_code=1, helps="--text"),
    Mistake(call=("run", "--item", "{nonsense"), code="item.bad-json", exit_code=1, helps="{id, subject, body}"),
    Mistake(call=("batch", "--from", "nowhere.jsonl"), code="mailbox.no-source", exit_code=1, helps="JSONL"),
    Mistake(call=("review", "show", "nothing"), code="review.unknown", exit_code=1, helps="compound review list"),
    Mistake(call=("traces", "show", "nothing"), code="trace.unknown-run", exit_code=1, helps="compound traces list"),
    Mistake(call=("init", "."), code="project.not-empty", exit_code=2, helps="new or empty folder"),
    Mistake(
        call=("explain", "graph.cicle"), code="errors.unknown-code", exit_code=1, helps="did you mean 'graph.cycle'?"
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: " ".join(mistake.call))
def test_a_wrong_call_says_what_would_be_right(compound: Program, mistake: Mistake) -> None:
    said = compound(*mistake.call)
    assert said.code == mistake.exit_code
    assert said.out == ""
    assert f"[{mistake.code}]" in said.err
    assert mistake.helps in said.err
    assert "Traceback" not in said.err


def test_data_that_an_outsider_lacks_is_told_with_the_way_out(compound: Program, tmp_path: Path) -> None:
    """The reference data of the `tau` profile lies beside the project and is not part of it."""
    program_in(tmp_path)("init", "desk", "--template", "retail-desk")
    marker = tmp_path / "desk" / "pyproject.toml"
    more = '\n[tool.compound.profiles.tau]\nlakehouse = "../shared/data/lakehouse"\ntraining = "../shared/data"\n'
    more += '[tool.compound.profiles.tau.documents]\nhandbook = ["../shared/data/policy.md"]\n'
    more += 'cases = ["tools.training:case_documents"]\n'
    marker.write_text(marker.read_text(encoding="utf-8") + more, encoding="utf-8")
    outsider = program_in(tmp_path / "desk")
    for call in (("seed",), ("index",), ("train", "intent"), ("run", "--text", "hello")):
        said = outsider(*call, "--profile", "tau")
        assert said.code in {1, 2}
        assert "--profile sample" in said.err, said.err
        assert "Traceback" not in said.err
    unseeded = outsider("run", "--text", "hello")
    assert "compound seed" in unseeded.err
