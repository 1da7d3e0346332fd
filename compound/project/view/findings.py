"""Findings for other programs: SARIF 2.1.0 for code scanning, workflow commands for GitHub, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from compound.errors import CompoundError
from compound.language.sha import sha
from compound.project.view.explain import explain, page_of

if TYPE_CHECKING:
    from compound.language import Finding

FindingFormat = Literal["json", "sarif", "github"]

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
"""Name of the project's root in SARIF; code scanners know its path."""
_SENTENCE: Final = re.compile(r"(.+?[.:])(?:\s|$)", re.DOTALL)


def show_findings(findings: Sequence[Finding], graphs: Sequence[str], form: FindingFormat) -> str:
    """Findings as one document, without a trailing line break.

    Args:
        findings: Findings in display order.
        graphs: Names of the checked graphs.
        form: `json`: one object. `sarif`: one run of SARIF 2.1.0, with each code as a rule and its error page entry.
            `github`: one workflow command per finding, which GitHub shows at its line.
    """
    if form == "github":
        return "\n".join(_github(finding) for finding in findings)
    if form == "sarif":
        return json.dumps(sarif(findings), indent=2, ensure_ascii=False)
    record = {"graphs": list(graphs), "findings": [finding.to_json() for finding in findings]}
    return json.dumps(record, indent=2, ensure_ascii=False)


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as a SARIF 2.1.0 log with one run; without findings it has no results, which closes old alerts."""
    from compound.version import VERSION

    codes = list(dict.fromkeys(finding.code for finding in findings))
    severities = {finding.code: finding.severity for finding in findings}
    driver = {
        "name": "compound",
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": [_rule(code, severities[code]) for code in codes],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": list(_results(findings, codes)),
            }
        ],
    }


def _rule(code: str, level: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code, "defaultConfiguration": {"level": level}}
    try:
        entry = explain(code).partition("\n\n")[2]
        uri = f"{page_of(code).as_uri()}#{code.replace('.', '')}"
    except CompoundError:  # a code that the project defines
        return rule | {"shortDescription": {"text": code}}
    first = _SENTENCE.match(_plain(entry))
    short = first[1].replace("\n", " ") if first else code
    return rule | {
        "shortDescription": {"text": short},
        "fullDescription": {"text": _plain(entry).partition("\n\n")[0].replace("\n", " ")},
        "help": {"text": _plain(entry), "markdown": entry},
        "helpUri": uri,
    }


def _plain(markdown: str) -> str:
    """Markdown as plain text, without fences and emphasis."""
    return re.sub(r"^```.*\n?", "", markdown, flags=re.MULTILINE).replace("`", "").strip()


def _results(findings: Sequence[Finding], codes: Sequence[str]) -> Iterable[dict[str, Any]]:
    seen: dict[str, int] = {}
    for finding in findings:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.where.file), "uriBaseId": _ROOT}}
        if finding.where.line:
            column = {"startColumn": finding.where.column} if finding.where.column else {}
            place["region"] = {"startLine": finding.where.line, **column}
        # Stable when lines move: identifies alerts. Equal findings are numbered.
        told = f"{finding.code}\0{finding.where.file}\0{finding.message}"
        seen[told] = seen.get(told, 0) + 1
        digest = sha(f"{told}\0{seen[told]}".encode("utf-8", "replace"))
        yield {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": finding.severity,
            "message": {"text": f"{finding.message}\nfix: {finding.fix}" if finding.fix else finding.message},
            "locations": [{"physicalLocation": place}],
            "partialFingerprints": {"compoundFinding/v1": digest},
        }


def _github(finding: Finding) -> str:
    where = finding.where
    parts = {"file": where.file, "line": where.line, "col": where.column, "title": finding.code}
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in parts.items() if value)
    text = f"{finding.message}\nfix: {finding.fix}" if finding.fix else finding.message
    return f"::{finding.severity} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
