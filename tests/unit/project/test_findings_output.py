"""`compound check --format`: what code scanners and workflow logs are given."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compound.errors import Location
from compound.language import Finding
from compound.project.view.findings import sarif, show_findings

NAME = {"type": "string", "minLength": 1}
TEXT = {"type": "object", "properties": {"text": NAME, "markdown": NAME}, "required": ["text"]}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = {
    "properties": {
        "id": NAME,
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "helpUri": {"type": "string", "pattern": "^[a-z]+://"},
        "defaultConfiguration": {"properties": {"level": LEVEL}, "required": ["level"]},
    },
    "required": ["id", "shortDescription"],
}
PLACE = {
    "properties": {
        "artifactLocation": {
            "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"}, "uriBaseId": NAME},
            "required": ["uri"],
        },
        "region": {
            "properties": {
                "startLine": {"type": "integer", "minimum": 1},
                "startColumn": {"type": "integer", "minimum": 1},
            },
            "required": ["startLine"],
        },
    },
    "required": ["artifactLocation"],
}
RESULT = {
    "properties": {
        "ruleId": NAME,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"minItems": 1, "items": {"properties": {"physicalLocation": PLACE}}},
        "partialFingerprints": {"type": "object", "minProperties": 1, "additionalProperties": NAME},
    },
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "additionalProperties": False,
}
DRIVER = {"properties": {"name": NAME, "version": NAME, "rules": {"items": RULE}}, "required": ["name", "rules"]}
ESSENTIALS = Draft202012Validator(
    {
        "properties": {
            "version": {"const": "2.1.0"},
            "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
            "runs": {
                "minItems": 1,
                "maxItems": 1,
                "items": {
                    "properties": {
                        "tool": {"properties": {"driver": DRIVER}, "required": ["driver"]},
                        "columnKind": {"enum": ["unicodeCodePoints", "utf16CodeUnits"]},
                        "results": {"items": RESULT},
                    },
                    "required": ["tool", "results"],
                },
            },
        },
        "required": ["version", "runs"],
    }
)
"""What SARIF 2.1.0 asks of a log, and code scanners of its results."""

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
found = st.builds(
    Finding,
    code=st.sampled_from(["graph.unknown-key", "graph.unused-node", "yaml.broken", "mine.own"]),
    message=texts,
    where=st.builds(Location, texts.map("graphs/{}".format), st.integers(0, 3), st.integers(0, 3)),
    fix=st.just("") | texts,
    severity=st.sampled_from(["error", "warning"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(found, max_size=5))
def test_any_findings_make_a_sarif_log(findings: list[Finding]) -> None:
    log: dict[str, Any] = json.loads(show_findings(findings, ["g"], "sarif"))
    ESSENTIALS.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(findings)
    prints = [result["partialFingerprints"]["compoundFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    for finding, result in zip(findings, run["results"], strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert unquote(place["artifactLocation"]["uri"]) == finding.where.file
        assert place.get("region", {}).get("startLine", 0) == finding.where.line
        assert finding.message in result["message"]["text"]


def test_a_rule_carries_its_entry_and_where_it_is_written() -> None:
    finding = Finding("graph.unknown-key", "unknown key 'x'", Location("graphs/g.yaml", 3, 5), "choices: y")
    (rule,) = sarif([finding])["runs"][0]["tool"]["driver"]["rules"]
    page = urlsplit(rule["helpUri"])
    entry = Path(unquote(page.path)).read_text(encoding="utf-8")
    assert f"\n## {finding.code}\n" in entry
    # An anchor is the heading without its dots.
    assert page.fragment == finding.code.replace(".", "")
    assert rule["help"]["text"].startswith(rule["shortDescription"]["text"][:20])
    assert rule["help"]["markdown"] in entry.replace("<!-- says -->\n", "").replace("<!-- /says -->\n", "") + "\n"


def test_a_fingerprint_follows_a_finding_that_moves() -> None:
    here = Finding("graph.unknown-key", "unknown key 'x'", Location("g.yaml", 3, 5))
    moved = Finding("graph.unknown-key", "unknown key 'x'", Location("g.yaml", 9, 1))
    one, two = (sarif([finding])["runs"][0]["results"][0]["partialFingerprints"] for finding in (here, moved))
    assert one == two


def test_a_workflow_command_cannot_be_broken_out_of() -> None:
    finding = Finding("graph.x", "100%\n::error::y", Location("a,b:c.yaml", 3, 5), "do\r\nit", severity="warning")
    assert show_findings([finding], ["g"], "github") == (
        "::warning file=a%2Cb%3Ac.yaml,line=3,col=5,title=graph.x::100%25%0A::error::y%0Afix: do%0D%0Ait"
    )
    assert show_findings([], ["g"], "github") == ""


GRAPHS = {
    "bad": "compound: graph/v1\nname: bad\nnodes: {a: {use: tol}}\noutput: {r: $b}\n",
    "worse": "compound: graph/v1\nname: worse\nname: x\n",
    "unused": "compound: graph/v1\nname: unused\nnodes: {r: {use: review}, a: {use: graph, graph: fine}}\noutput: {r: $r}\n",
    "fine": "compound: graph/v1\nname: fine\nnodes: {r: {use: review}}\noutput: {r: $r.action}\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Graphs with mistakes of several kinds."""
    (tmp_path / "graphs").mkdir()
    profile = "[tool.compound.profiles.sample]\n"
    (tmp_path / "pyproject.toml").write_text(f"[tool.compound]\n{profile}", encoding="utf-8")
    for name, text in GRAPHS.items():
        (tmp_path / f"graphs/{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def program(root: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "compound", "check", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_all_findings_of_all_graphs_come_in_one_run(project: Path) -> None:
    code, text = program(project, "--format", "sarif")
    log = json.loads(text)
    ESSENTIALS.validate(log)
    results = log["runs"][0]["results"]
    assert code == 1
    assert {
        ("graph.unknown-kind", "graphs/bad.yaml"),
        ("yaml.duplicate-key", "graphs/worse.yaml"),
    } <= {(one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for one in results}
    assert program(project, "--format", "json")[1] == program(project, "--json")[1]
    assert (
        "::error file=graphs/bad.yaml,line=3,col=18,title=graph.unknown-kind::"
        in program(project, "--format", "github")[1]
    )


def test_warnings_alone_are_no_failure(project: Path) -> None:
    code, text = program(project, "unused", "--format", "github")
    assert {line.split()[0] for line in text.splitlines()} == {"::warning"}
    assert (code, program(project, "fine")[0]) == (0, 0)
