"""Settings of a profile that only suites read, and the token of the MCP server."""

from __future__ import annotations

import socket
from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.world import world

SUITE = """\
compound: suite/v1
name: folders
description: Cases that lie in folders.
graph: main
cases: cases:load
scorers: [scorers:said]
scores: {said: it said the word}
"""
CASES = """\
from compound.evaluation import Case, CaseSet


def _cases(folder):
    words = (folder / "words.txt").read_text().split()
    return [Case(id=word, input={"text": word}, expected=f"said {word}") for word in words]


def load(context):
    more = {} if context.extra_cases is None else {"more": _cases(context.extra_cases)}
    return CaseSet(cases=_cases(context.cases_folder), sections=more)
"""
SCORERS = """\
from compound.evaluation import Score


def said(context):
    def score(case, result):
        yield Score(name="said", value=float(result.values["echoed"] == case.expected))

    return score
"""
IN_PROFILE = 'lexical = ["handbook", "cards"]\n'


def _suite(desk: Desk, *lines: str) -> Place:
    files = {
        "evals/folders/suite.yaml": SUITE,
        "evals/folders/cases.py": CASES,
        "evals/folders/scorers.py": SCORERS,
        "first/words.txt": "one two three",
        "second/words.txt": "four five",
    }
    place = world(desk).write(files)
    return place.edit("pyproject.toml", IN_PROFILE, IN_PROFILE + "".join(f"{line}\n" for line in lines))


def _report(place: Place) -> dict[str, Any]:
    said = place.say("eval", "folders", "--json", "-")
    assert said.code == 0, said.err
    return said.json


def _cases(desk: Desk) -> None:
    unnamed = _suite(desk).say("eval", "folders")
    assert (unnamed.code, "project.no-cases" in unnamed.err) == (2, True)
    score = _report(_suite(desk, 'cases = "first"'))["scores"]["said"]
    assert (score["n"], score["value"]) == (3, 1.0)


def _extra_cases(desk: Desk) -> None:
    assert "more" not in str(_report(_suite(desk, 'cases = "first"'))["sections"])
    found = _report(_suite(desk, 'cases = "first"', 'extra_cases = "second"'))
    assert found["scores"]["said"]["n"] == 3
    assert "more" in str(found["sections"])


def _token(desk: Desk) -> None:
    """Without the token nothing listens; with it the server comes as far as its port, which is taken here."""
    place = world(desk)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ("mcp", "main", "--http", "--port", str(taken.getsockname()[1]))
        assert "mcp.no-token" in place.say(*words).err
        assert "mcp.port" in place.say(*words, env={"COMPOUND_MCP_TOKEN": "s3cret"}).err


KEYS = (
    Key("settings", "profiles.*.cases", _cases),
    Key("settings", "profiles.*.extra_cases", _extra_cases),
    Key("settings", "COMPOUND_MCP_TOKEN", _token),
)
