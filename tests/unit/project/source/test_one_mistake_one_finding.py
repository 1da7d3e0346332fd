"""One mistake in any file of a project is one finding, at its line and column, with the real choices."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from compound.errors import CompoundError
from compound.language import Finding
from compound.project import Project
from compound.project.settings.settings import load_settings
from tests.support.projects import write_project

TOOLS = '''\
from pydantic import BaseModel

from compound.effect import effect
from compound.model import solver
from compound.tool import tool


@tool
def read(text: str) -> dict[str, str]:
    """Read."""
    return {"said": text}


@solver("writer")
def writer(inputs):
    return "WRITER"


class Say(BaseModel):
    ticket_id: str
    text: str


class Move(BaseModel):
    order_id: str


@effect("say", target="desk")
def say(tx, args: Say):
    """Say."""
    return tx.reply(args.ticket_id, args.text)


@effect("move", target="shop")
def move(tx, args: Move):
    """Move."""
    return None
'''
GRAPH = """\
compound: graph/v1
name: main
policy: shy
types:
  Draft: {text: str}
input: {id: str, text: str}
output: {sent: $send?, action: $ask.action}
nodes:
  facts: {use: tool, tool: read, in: {text: $input.text}}
  draft: {use: llm, model: writer, prompt: prompts/write.md, in: {facts: $facts}, out: Draft}
  ask:
    use: review
    queue: desk
    show: [$facts, $draft]
    decide: {approve: {}, edit: {text: str}, reject: {reason: str}}
    due: 1h
    on_expire: {remind: true}
  send: {use: effect, tool: say, when: ask.action != 'reject', in: {ticket_id: $input.id, text: $ask.text ?? $draft.text}}
"""
SHOP = """\
compound: records/v1
tables:
  orders:
    key: [order_id]
    columns: {order_id: text, status: text}
  lines:
    key: [order_id, line]
    columns: {order_id: text, line: integer, name: text}
documents:
  orders:
    table: orders
    id: order_id
    shape:
      order_id: order_id
      state: {status: status}
      lines:
        rows: lines
        match: order_id
        order: line
        shape: {name: name}
view:
  root: orders
  follow: [{source: orders, path: [lines], target: orders}]
"""
SCORERS = """\
from compound.evaluation import Score


def right(context):
    def score(case, result):
        open(context.root / "ran", "a").close()
        yield Score(name="right", value=1.0)
        yield Score(name=f"part_{case.id}", value=1.0)
        yield Score(name="sent_wrong", value=0.0)

    return score
"""
CASES = """\
from compound.evaluation import Case, CaseSet


def load(context):
    return CaseSet(cases=[Case(id="a", input={"id": "1", "text": "hi"})], manifest="m")
"""
SUITE = """\
compound: suite/v1
name: letters
graph: main
cases: cases:load
scorers: [scorers:right]
scores: {right: is it right, part_a: a part}
gates: {default: {right: {at_least: 0.5}}}
certify: {wrong: sent_wrong}
"""
FILES: Mapping[str, str] = {
    "pyproject.toml": '[tool.compound]\nname = "small"\ngraph = "main"\n[tool.compound.profiles.default]\n',
    "tools/kit.py": TOOLS,
    "graphs/main.yaml": GRAPH,
    "graphs/prompts/write.md": "Write about {{ facts }}.",
    "graphs/policies/shy.yaml": "compound: policy/v1\nname: shy\neffects:\n  say: {}\n  move: {second: true}\n",
    "connectors/models.yaml": "compound: models/v1\nmodels:\n  writer: {solver: writer}\n",
    "connectors/shop.yaml": SHOP,
    "connectors/desk.yaml": "compound: mailbox/v1\n",
    "evals/letters/cases.py": CASES,
    "evals/letters/scorers.py": SCORERS,
    "evals/letters/suite.yaml": SUITE,
}
SUITE_FILE, GRAPH_FILE, SHOP_FILE = "evals/letters/suite.yaml", "graphs/main.yaml", "connectors/shop.yaml"
POLICY_FILE = "graphs/policies/shy.yaml"
MISTAKES = (
    # file, what is right, what is written, where the finding stands, what it names
    (SHOP_FILE, "key: [order_id]", "key: [order_idd]", "order_idd", "order_id"),
    (SHOP_FILE, "table: orders", "table: ordres", "ordres", "orders"),
    (SHOP_FILE, "id: order_id\n", "id: order\n", "order\n", "order_id"),
    (SHOP_FILE, "{status: status}", "{status: stauts}", "stauts", "status"),
    (SHOP_FILE, "rows: lines", "rows: line", "line\n        match", "lines"),
    (SHOP_FILE, "rows: lines", "rwos: lines", "rwos", "rows"),
    (SHOP_FILE, "match: order_id", "match: order", "order\n        order", "order_id"),
    (SHOP_FILE, "order: line", "order: lnie", "lnie", "line"),
    (SHOP_FILE, "{name: name}", "{name: nmae}", "nmae", "name"),
    (SHOP_FILE, "root: orders", "root: oders", "oders", "orders"),
    (SHOP_FILE, "target: orders", "target: order", "order}]", "orders"),
    (GRAPH_FILE, "policy: shy", "policy: shi", "shi", "shy"),
    (GRAPH_FILE, "on_expire: {remind: true}", "on_expire: {}", "{}\n  send", "remind"),
    (GRAPH_FILE, "on_expire: {remind: true}", "on_expire: {remnid: true}", "remnid", "remind"),
    (GRAPH_FILE, "tool: say", "tool: saay", "saay", "say"),
    (GRAPH_FILE, "tool: say", "toool: say", "toool", "tool"),
    (GRAPH_FILE, "tool: read", "tool: reed", "reed", "read"),
    (GRAPH_FILE, "model: writer", "model: writr", "writr", "writer"),
    (GRAPH_FILE, "model: writer", "modle: writer", "modle", "model"),
    (GRAPH_FILE, "prompts/write.md", "prompts/wrote.md", "prompts/wrote.md", "prompts/write.md"),
    (GRAPH_FILE, "out: Draft", "out: Darft", "Darft", "Draft"),
    (GRAPH_FILE, "out: Draft", "outt: Draft", "outt", "out"),
    (GRAPH_FILE, "Draft: {text: str}", "Draft: {text: strr}", "strr", "str"),
    (GRAPH_FILE, "show: [$facts, $draft]", "show: [$facts, $drft]", "$drft", "draft"),
    (GRAPH_FILE, "show: [$facts, $draft]", "show: [$facts, $draft..]", "$draft..", "$node.field"),
    (GRAPH_FILE, "use: review", "use: reviw", "reviw", "review"),
    (GRAPH_FILE, "due: 1h", "due: soon", "soon", "30s"),
    (GRAPH_FILE, "ask.action != 'reject'", "ask.action != 'rejct'", "ask.action != 'rejct'", "reject"),
    (GRAPH_FILE, "when: ask.action", "when: aks.action", "aks.action", "ask"),
    (GRAPH_FILE, "  ask:\n", "  aks:\n", "$ask.action", "aks"),
    (POLICY_FILE, "name: shy", "name: bold", "bold", "shy"),
    (POLICY_FILE, "say: {}", "saay: {}", "saay", "say"),
    (POLICY_FILE, "second: true", "second: true, automatic: true", "automatic", "second"),
    (POLICY_FILE, "say: {}", "say: {money: {at_most: 3}}", "money", "argument"),
    (SUITE_FILE, "wrong: sent_wrong", "wrong: sent_wrnog", "sent_wrnog", "sent_wrong"),
    (SUITE_FILE, "{right: is it", "{rigth: is it", "right: {at", "rigth"),
    (SUITE_FILE, "cases:load", "cases:laod", "cases:laod", "load"),
    (SUITE_FILE, "cases:load", "caes:load", "caes:load", "module:function"),
    (SUITE_FILE, "scorers:right", "scorers:rigth", "scorers:rigth", "right"),
    (SUITE_FILE, "gates: {default", "gates: {defualt", "defualt", "default"),
    (SUITE_FILE, "name: letters", "name: leters", "leters", "letters"),
    (SUITE_FILE, "graph: main", "graph: mian", "mian", "main"),
    ("connectors/models.yaml", "solver: writer", "solver: writr", "writr", "writer"),
    ("connectors/models.yaml", "solver: writer", "sovler: writer", "sovler", "solver"),
)


def check(root: Path) -> list[Finding]:
    with closing(Project(load_settings(root, environ={}))) as project:
        return project.check([])


def test_the_project_without_a_mistake_has_no_finding(tmp_path: Path) -> None:
    assert [str(one) for one in check(write_project(tmp_path, FILES))] == []


@pytest.mark.parametrize(("file", "right", "wrong", "at", "names"), MISTAKES, ids=lambda value: str(value)[:30])
def test_one_mistake_is_one_finding_at_its_place(
    file: str, right: str, wrong: str, at: str, names: str, tmp_path: Path
) -> None:
    text = FILES[file].replace(right, wrong, 1)
    assert text != FILES[file]
    found = check(write_project(tmp_path, {**FILES, file: text}))
    assert len(found) == 1, [str(one) for one in found]
    before = text[: text.index(at)]
    place = (file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (found[0].where.file, found[0].where.line, found[0].where.column) == place, str(found[0])
    assert names in str(found[0]).partition(": ")[2], str(found[0])


@pytest.mark.parametrize(("right", "wrong"), [("sent_wrong", "sent_wrnog"), ("{right: is it", "{rigth: is it")])
def test_a_score_that_no_scorer_yields_is_refused_before_a_case_runs(right: str, wrong: str, tmp_path: Path) -> None:
    suite = SUITE.replace(right, wrong).replace("gates: {default: {right: {at_least: 0.5}}}\n", "")
    root = write_project(tmp_path, {**FILES, SUITE_FILE: suite})
    with closing(Project(load_settings(root, environ={}))) as project, pytest.raises(CompoundError) as refused:
        project.evaluate("letters")
    assert refused.value.code == "suite.unknown-score"
    assert refused.value.where is not None
    assert refused.value.where.line
    assert not (root / "ran").exists()


ANSWER = """\
compound: graph/v1
name: main
input: {text: str}
output: {said: $say}
nodes:
  say: {use: llm, model: writer, prompt: prompts/write.md, in: {text: $input.text}}
"""


@pytest.mark.parametrize("names", [("one", "two"), ("same", "same")])
def test_two_open_projects_answer_with_their_own_solvers(names: tuple[str, str], tmp_path: Path) -> None:
    projects: list[Project] = []
    for number, name in enumerate(names):
        files = {
            "pyproject.toml": FILES["pyproject.toml"].replace("small", name),
            "graphs/main.yaml": ANSWER,
            "graphs/prompts/write.md": "Write {{ text }}.",
            "connectors/models.yaml": FILES["connectors/models.yaml"],
            "tools/kit.py": f"from compound.model import solver\n\n\n@solver('writer')\ndef write(inputs):\n"
            f"    from .words import WORD\n\n    return WORD + '{number}'\n",
            "tools/words.py": f"WORD = 'word{number}'\n",
        }
        projects.append(Project(load_settings(write_project(tmp_path / f"p{number}", files), environ={})))
    try:
        for project in projects:  # both are loaded before either answers
            _ = project.resources.gateway
        said = [project.run(None, {"text": "x"}).output for project in projects]
    finally:
        for project in projects:
            project.close()
    assert said == [{"said": "word00"}, {"said": "word11"}]


def test_a_timeout_ends_a_solver(tmp_path: Path) -> None:
    files = {
        **{name: FILES[name] for name in ("pyproject.toml", "connectors/models.yaml")},
        "graphs/main.yaml": ANSWER.replace("use: llm", "use: llm, timeout: 50ms"),
        "graphs/prompts/write.md": "Write {{ text }}.",
        "tools/kit.py": "import time\n\nfrom compound.model import solver\n\n\n@solver('writer')\ndef write(inputs):\n"
        "    time.sleep(0 if inputs['text'] == 'fast' else 1)\n    return 'done'\n",
    }
    with closing(Project(load_settings(write_project(tmp_path, files), environ={}))) as project:
        assert project.run(None, {"text": "fast"}).output == {"said": "done"}
        slow = project.run(None, {"text": "slow"})
    assert slow.error is not None
    assert slow.error["code"] == "graph.timeout"


def test_a_spent_budget_of_a_graph_names_the_graph_file_and_line(tmp_path: Path) -> None:
    second = "  more: {use: llm, model: writer, prompt: prompts/write.md, in: {text: $say}}\n"
    graph = ANSWER.replace("input:", "budget: {calls: 1}\ninput:").replace("$say}", "$more}") + second
    files = {
        **{name: FILES[name] for name in ("pyproject.toml", "connectors/models.yaml", "tools/kit.py")},
        "connectors/desk.yaml": FILES["connectors/desk.yaml"],
        "connectors/shop.yaml": SHOP,
        "graphs/main.yaml": graph,
        "graphs/prompts/write.md": "Write {{ text }}.",
    }
    with closing(Project(load_settings(write_project(tmp_path, files), environ={}))) as project:
        view = project.run(None, {"text": "x"})
    assert view.error is not None
    line = graph[: graph.index("budget:")].count("\n") + 1
    assert (view.error["code"], view.error["file"], view.error["line"]) == ("model.budget", "graphs/main.yaml", line)
    assert "models.yaml" not in str(view.error)
