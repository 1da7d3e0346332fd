"""One name is one thing: what is declared twice, or cannot work, is found before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from compound.errors import ProjectError
from compound.language import Finding
from compound.project import Project
from tests.support.commands import command
from tests.support.projects import PYPROJECT, write_project

CHECK = """\
from compound.tool import Verdict, check

@check("guard")
def {function}(text: str) -> Verdict:
    return Verdict(ok={ok}, score=1.0, problems=[])
"""
TOOL = """\
from compound.tool import tool

@tool
def shout(text: str) -> str:
    return text{call}
"""
EFFECT = """\
from pydantic import BaseModel
from compound.effect import effect

class Args(BaseModel):
    text: str

@effect("{name}", target="{target}")
def {function}(tx, args: Args):
    return None
"""
SOLVER = """\
from compound.model import solver

@solver("plan")
def {function}(inputs):
    return None
"""
GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {ok: $a.ok}
nodes:
  a: {use: check, kind: guard, in: {text: $input.text}}
"""
LOUD = """\
compound: graph/v1
name: main
input: {text: str}
output: {text: $a}
nodes:
  a: {use: tool, tool: shout, in: {text: $input.text}}
"""
ACT = """\
compound: graph/v1
name: main
input: {text: str}
output: {sent: $act?}
nodes:
  ok: {use: review, show: [$input.text]}
  act: {use: effect, tool: say, when: review.action == 'approve', in: {text: $input.text}}
""".replace("review.action", "ok.action")
DESK = {"connectors/desk.yaml": "compound: mailbox/v1\n"}


def found(root: Path, files: Mapping[str, str], names: tuple[str, ...] = ()) -> list[Finding]:
    project = Project.open(write_project(root, files))
    try:
        return project.check(names)
    finally:
        project.close()


def places(findings: list[Finding], code: str = "project.duplicate-name") -> list[str]:
    return [f"{one.where.file}:{one.where.line} {one.message}" for one in findings if one.code == code]


TWICE = {
    "check": {
        "tools/a.py": CHECK.format(function="one", ok=False),
        "tools/b.py": CHECK.format(function="two", ok=True),
    },
    "tool": {"tools/a.py": TOOL.format(call=".upper()"), "tools/b.py": TOOL.format(call="")},
    "effect": {
        "tools/a.py": EFFECT.format(name="say", target="desk", function="one"),
        "tools/b.py": EFFECT.format(name="say", target="desk", function="two"),
    },
    "solver": {"tools/a.py": SOLVER.format(function="one"), "tools/b.py": SOLVER.format(function="two")},
}


@pytest.mark.parametrize("kind", list(TWICE))
def test_two_functions_of_one_name_are_an_error_that_names_both_places(kind: str, tmp_path: Path) -> None:
    said = places(found(tmp_path, {"graphs/main.yaml": LOUD, **DESK, **TWICE[kind]}))
    assert len(said) == 1, said
    assert "tools/a.py:" in said[0]
    assert "tools/b.py:" in said[0]
    assert kind in said[0]


@pytest.mark.parametrize("kind", ["check", "tool", "effect"])
def test_two_functions_of_one_name_in_one_file_are_found_although_python_forgets_the_first(
    kind: str, tmp_path: Path
) -> None:
    one = TWICE[kind]["tools/a.py"]
    both = {"tools/a.py": one.replace("def two", "def one") + "\n\n" + one}
    said = places(found(tmp_path, {"graphs/main.yaml": LOUD, **DESK, **both}))
    assert len(said) == 1, said
    assert said[0].count("tools/a.py:") == 3  # where it stands, and both places


def test_a_guard_that_is_declared_twice_never_runs(tmp_path: Path) -> None:
    project = Project.open(write_project(tmp_path, {"graphs/main.yaml": GRAPH, **TWICE["check"]}))
    try:
        with pytest.raises(ProjectError) as refused:
            project.run("main", {"text": "x"})
        assert refused.value.code == "project.duplicate-name"
    finally:
        project.close()


def test_a_tool_that_takes_the_name_of_a_built_in_one_is_an_error(tmp_path: Path) -> None:
    tool = TOOL.format(call="").replace("def shout", "def read_document")
    (said,) = places(found(tmp_path, {"graphs/main.yaml": LOUD, "tools/a.py": tool}))
    assert "built in" in said
    assert "tools/a.py:3" in said


def test_a_tool_in_sql_and_in_python_of_one_name_is_an_error(tmp_path: Path) -> None:
    sql = "-- name: shout\n-- description: x\n-- tables: []\nSELECT 1 AS one\n"
    files = {"graphs/main.yaml": LOUD, "tools/a.py": TOOL.format(call=""), "tools/shout.sql": sql}
    (said,) = places(found(tmp_path, files))
    assert "tools/shout.sql" in said
    assert "tools/a.py:3" in said


@pytest.mark.parametrize("name", ["mcp.search.find", "sql.orders", "retrieve.handbook"])
def test_a_tool_whose_name_leads_elsewhere_is_an_error(name: str, tmp_path: Path) -> None:
    tool = TOOL.format(call="").replace("@tool", f'@tool("{name}")')
    findings = found(tmp_path, {"graphs/main.yaml": LOUD.replace("tool: shout", f"tool: {name}"), "tools/a.py": tool})
    assert [(one.where.file, one.where.line) for one in findings if one.code == "project.reserved-name"] == [
        ("tools/a.py", 3)
    ]


def test_one_function_that_two_modules_know_is_no_duplicate(tmp_path: Path) -> None:
    files = {
        "graphs/main.yaml": LOUD,
        **DESK,
        "tools/a.py": TOOL.format(call="") + EFFECT.format(name="say", target="desk", function="one"),
        "tools/b.py": "from .a import one, shout\n",
    }
    assert found(tmp_path, files) == []


def test_a_file_that_is_called_like_another_one_s_graph_is_an_error(tmp_path: Path) -> None:
    files = {"graphs/main.yaml": LOUD, "graphs/other.yaml": LOUD, "tools/a.py": TOOL.format(call="")}
    (said,) = places(found(tmp_path, files), "project.two-graphs")
    assert said.startswith("graphs/other.yaml:2 ")
    assert "'main'" in said


@pytest.mark.parametrize("how", ['@tool("loud")', '@tool(name="loud")', '@tool("loud", blocking=True)'])
def test_a_tool_is_named_as_the_other_kinds_are(how: str, tmp_path: Path) -> None:
    tool = TOOL.format(call=".upper()").replace("@tool", how)
    files = {"graphs/main.yaml": LOUD.replace("tool: shout", "tool: loud"), "tools/a.py": tool}
    project = Project.open(write_project(tmp_path, files))
    try:
        assert project.check([]) == []
        assert project.run("main", {"text": "hi"}).output == {"text": "HI"}
    finally:
        project.close()


def test_an_effect_on_a_target_that_is_not_there_is_found_before_the_approval(tmp_path: Path) -> None:
    files = {"graphs/main.yaml": ACT, **DESK, "tools/a.py": EFFECT.format(name="say", target="dsk", function="say")}
    (one,) = found(tmp_path, files)
    assert (one.code, str(one.where)) == ("effect.unknown-target", "tools/a.py:7")
    assert "did you mean 'desk'" in one.fix


@pytest.mark.parametrize(("target", "kind"), [("desk", "mailbox"), ("shop", "records")])
def test_an_effect_whose_connector_file_is_missing_or_wrong_is_found_before_the_approval(
    target: str, kind: str, tmp_path: Path
) -> None:
    files = {"graphs/main.yaml": ACT, "tools/a.py": EFFECT.format(name="say", target=target, function="say")}
    (one,) = found(tmp_path, files)
    assert one.code == "effect.unknown-target"
    assert f"connectors/{target}.yaml" in one.fix
    wrong = found(tmp_path, {**files, f"connectors/{target}.yaml": f"compound: {kind}/v1\nnonsense: 1\n"})
    assert ("project.bad-file", f"connectors/{target}.yaml:2:1") in {(one.code, str(one.where)) for one in wrong}


SIGNATURES = {
    "one argument": "def say(args: Args):\n    return None",
    "three arguments": "def say(tx, args: Args, more: int):\n    return None",
    "no model": "def say(tx, args: dict):\n    return None",
    "many": "def say(*tx, **args: Args):\n    return None",
    "async": "async def say(tx, args: Args):\n    return None",
    "generator": "def say(tx, args: Args):\n    yield 1",
    "other target": "def say(tx: RecordsTransaction, args: Args):\n    return None",
}


@pytest.mark.parametrize("how", list(SIGNATURES))
def test_an_effect_of_a_wrong_signature_is_found_before_the_approval(how: str, tmp_path: Path) -> None:
    head = EFFECT.partition("@effect")[0] + "from compound.connector.records import RecordsTransaction\n\n"
    tool = f'{head}@effect("say", target="desk")\n{SIGNATURES[how]}\n'
    findings = found(tmp_path, {"graphs/main.yaml": ACT, **DESK, "tools/a.py": tool})
    assert {(one.code, str(one.where)) for one in findings} == {("effect.signature", "tools/a.py:9")}


DOCUMENTS = {
    "no such module": ("tools.nowhere:pages", ""),
    "no such function": ("tools.docs:page", "def pages(training):\n    return []\n"),
    "two arguments": ("tools.docs:pages", "def pages(a, b):\n    return []\n"),
    "by name only": ("tools.docs:pages", "def pages(*, training):\n    return []\n"),
    "async": ("tools.docs:pages", "async def pages(training):\n    return []\n"),
    "twice": ("tools.docs:pages", "def pages(training):\n    return []\n\ndef pages(training):\n    return []\n"),
}


@pytest.mark.parametrize("how", list(DOCUMENTS))
def test_a_documents_function_that_cannot_work_is_found_by_check(how: str, tmp_path: Path) -> None:
    reference, code = DOCUMENTS[how]
    search = "use: retrieve, on: book, in: {query: $input.text}"
    graph = LOUD.replace("use: tool, tool: shout, in: {text: $input.text}", search)
    settings = f'{PYPROJECT}documents = {{book = "{reference}"}}\n'
    (one,) = found(tmp_path, {"graphs/main.yaml": graph, "tools/docs.py": code, "pyproject.toml": settings})
    wanted = {
        "no such module": "project.bad-module",
        "no such function": "project.unknown-function",
        "twice": "project.duplicate-name",
    }
    assert one.code == wanted.get(how, "project.function-signature")
    assert one.where.line
    assert one.where.file == ("pyproject.toml" if how.startswith("no such") else "tools/docs.py")


SUITE = """\
compound: suite/v1
name: quality
cases: cases:load
scorers: {scorers}
scores: {{good: It is good.}}
"""
CASES = "from compound.evaluation import CaseSet\n\ndef load(context):\n    return CaseSet(cases=[])\n"
SCORER = "def good(context):\n    return lambda case, result: []\n"


@pytest.mark.parametrize(
    ("scorers", "files", "said"),
    [
        ("[one:good, one:good]", {"one.py": SCORER}, "evals/quality/one.py:1"),
        ("[one:good, two:good]", {"one.py": SCORER, "two.py": SCORER}, "evals/quality/two.py:1"),
        ("[one:good]", {"one.py": SCORER + "\n\n" + SCORER}, "evals/quality/one.py:5"),
    ],
)
def test_two_scorers_of_one_name_are_an_error(
    scorers: str, files: Mapping[str, str], said: str, tmp_path: Path
) -> None:
    suite = {"evals/quality/suite.yaml": SUITE.format(scorers=scorers), "evals/quality/cases.py": CASES}
    own = {f"evals/quality/{name}": text for name, text in files.items()}
    (one,) = places(found(tmp_path, {"graphs/main.yaml": LOUD, "tools/a.py": TOOL.format(call=""), **suite, **own}))
    assert said in one
    assert "evals/quality/one.py:1" in one


def test_the_command_prints_it_and_exits_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path, {"graphs/main.yaml": GRAPH, **TWICE["check"]})
    monkeypatch.chdir(tmp_path)
    done = command(["check"])
    assert done.exit_code == 1
    assert "tools/b.py:3: the check 'guard' is declared twice: tools/a.py:3 and tools/b.py:3" in done.output
