"""Keys of `evals/*/suite.yaml`: what is run and scored, what the report says, what `compound certify` reads."""

from __future__ import annotations

from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.support.desks.claims_desk import claims_desk, good, label

GRAPH = """\
compound: graph/v1
name: main
input: {n: int}
output: {n: $times.n, said: $ok.action}
nodes:
  times: {use: tool, tool: times, in: {n: $input.n}, out: {n: int}}
  ok: {use: review, show: [$times]}
"""
TRIPLE = """\
compound: graph/v1
name: triple
input: {n: int}
output: {n: $times.n}
nodes:
  times: {use: tool, tool: triple, in: {n: $input.n}, out: {n: int}}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def times(n: int) -> dict[str, int]:
    """Twice."""
    return {"n": n * 2}


@tool
def triple(n: int) -> dict[str, int]:
    """Three times."""
    return {"n": n * 3}
'''
CASES = """\
from compound.evaluation import Case, CaseSet


def load(context):
    return CaseSet(cases=[Case(id=f"case-{n}", input={"n": n}, expected={"n": 2 * n}) for n in range(1, 5)])


def one(context):
    return CaseSet(cases=[Case(id="only", input={"n": 1}, expected={"n": 2})])
"""
SCORERS = """\
from compound.evaluation import Score


def right(context):
    def score(case, result):
        yield Score(name="right", value=float(result.values["times"]["n"] == case.expected["n"]))

    return score


def ended(context):
    def score(case, result):
        yield Score(name="ended", value=float(result.status == "done"))

    return score
"""
SUITE = """\
compound: suite/v1
name: sums
description: Is the product right?
cases: cases:load
scorers: [scorers:right, scorers:ended]
scores: {right: the product is right, ended: it ran to its end}
"""


def _suite(desk: Desk, old: str = "", new: str = "", more: str = "") -> Place:
    """The suite with one change, and what is added."""
    assert old in SUITE, old
    files = {
        "graphs/main.yaml": GRAPH,
        "graphs/triple.yaml": TRIPLE,
        "tools/sums.py": TOOLS,
        "evals/sums/cases.py": CASES,
        "evals/sums/scorers.py": SCORERS,
        "evals/sums/suite.yaml": (SUITE.replace(old, new, 1) if old else SUITE) + more,
    }
    return desk.project(files)


def _report(project: Place) -> dict[str, Any]:
    said = project.say("eval", "sums", "--json", "-")
    assert said.code == 0, said.err
    return said.json


def _scores(project: Place) -> dict[str, float]:
    return {name: score["value"] for name, score in _report(project)["scores"].items()}


def _compound(desk: Desk) -> None:
    said = _suite(desk, "suite/v1", "suite/v9").say("eval", "sums")
    assert (said.code, "evals/sums/suite.yaml:1" in said.err) == (2, True)
    assert _suite(desk).say("eval", "sums").code == 0


def _name(desk: Desk) -> None:
    said = _suite(desk, "name: sums", "name: products").say("eval", "sums")
    assert said.code == 2
    assert "name: sums" in said.err
    assert _report(_suite(desk))["suite"] == "sums"


def _description(desk: Desk) -> None:
    assert "asks: Is the product right?" in _suite(desk).say("eval", "sums").out
    assert "asks:" not in _suite(desk, "description: Is the product right?\n").say("eval", "sums").out


def _graph(desk: Desk) -> None:
    assert _scores(_suite(desk))["right"] == 1.0
    assert _scores(_suite(desk, more="graph: triple\n"))["right"] == 0.0


def _until(desk: Desk) -> None:
    assert _scores(_suite(desk, more="until: review\n"))["ended"] == 0.0
    assert _scores(_suite(desk, more="until: end\n"))["ended"] == 1.0


def _cases(desk: Desk) -> None:
    assert _report(_suite(desk))["n"] == 4
    assert _report(_suite(desk, "cases:load", "cases:one"))["n"] == 1


def _scorers(desk: Desk) -> None:
    assert set(_scores(_suite(desk))) == {"right", "ended"}
    said = _suite(desk, "[scorers:right, scorers:ended]", "[scorers:right]").say("eval", "sums")
    assert (said.code, "suite.unknown-score" in said.err) == (2, True)


def _scores_key(desk: Desk) -> None:
    said = _suite(desk).say("eval", "sums").out
    assert "right: the product is right" in said
    fewer = _suite(desk, "{right: the product is right, ended: it ran to its end}", "{ended: the end}")
    assert set(_scores(fewer)) == {"ended"}
    assert "ended: the end" in fewer.say("eval", "sums").out


def _gates(desk: Desk) -> None:
    gates = "gates: {PROFILE: {ended: {at_least: 0.9}}}\n"
    assert _suite(desk).say("eval", "sums").code == 0
    gated = _suite(desk, more=gates.replace("PROFILE", "plain")).say("eval", "sums")
    assert (gated.code, "FAIL" in gated.out) == (1, True)
    unknown = _suite(desk, more=gates.replace("PROFILE", "night")).say("eval", "sums")
    assert (unknown.code, "night" in unknown.err) == (2, True)


def _at_least(desk: Desk) -> None:
    for bar, code in (("0.1", 0), ("1", 3)):
        gate = f"gates: {{plain: {{right: {{at_least: {bar}}}}}}}\n"
        assert _suite(desk, more=gate).say("eval", "sums").code == code


def _at_most(desk: Desk) -> None:
    for bar, code in (("0.9", 0), ("0.0", 3)):
        gate = f"gates: {{plain: {{ended: {{at_most: {bar}}}}}}}\n"
        assert _suite(desk, more=gate).say("eval", "sums").code == code
    assert _suite(desk, more="gates: {plain: {right: {at_most: 0.1}}}\n").say("eval", "sums").code == 1


def _certified(desk: Desk, certify: str) -> tuple[int, str]:
    """What `compound certify` says of 22 cases that are right."""
    place = desk.project({})
    claims_desk(place.root)
    label(place.root, good(22))
    place.edit("evals/letters/suite.yaml", "certify: {wrong: sent_wrong}\n", certify)
    said = place.say("certify", "main", "--suite", "letters", "--dry-run")
    return said.code, said.out + said.err


def _certify(desk: Desk) -> None:
    code, said = _certified(desk, "certify: {wrong: sent_wrong}\n")
    assert (code, "22 labelled ready cases" in said) == (0, True), said
    code, said = _certified(desk, "")
    assert (code, "certify.no-labels" in said) == (2, True), said


def _wrong(desk: Desk) -> None:
    # `right` is 1 of every case: read as what was wrong, all of them were.
    code, said = _certified(desk, "certify: {wrong: right}\n")
    assert (code, "22 of 22 were wrong" in said) == (1, True), said
    code, said = _certified(desk, "certify: {wrong: sent_wrong}\n")
    assert (code, "0 wrong" in said) == (0, True), said
    code, said = _certified(desk, "certify: {wrong: sent_wrnog}\n")
    assert (code, "did you mean 'sent_wrong'?" in said, "suite.yaml:" in said) == (2, True, True), said


KEYS = (
    Key("suite", "compound", _compound),
    Key("suite", "name", _name),
    Key("suite", "description", _description),
    Key("suite", "graph", _graph),
    Key("suite", "until", _until),
    Key("suite", "cases", _cases),
    Key("suite", "scorers", _scorers),
    Key("suite", "scores", _scores_key),
    Key("suite", "gates", _gates),
    Key("suite", "gates.*.*.at_least", _at_least),
    Key("suite", "gates.*.*.at_most", _at_most),
    Key("suite", "certify", _certify),
    Key("suite", "certify.wrong", _wrong),
)
