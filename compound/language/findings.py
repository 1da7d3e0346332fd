"""Findings of a check in a file: one per mistake, all of them in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from compound.errors import Location, ProjectError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a file.

    Attributes:
        code: Stable, dotted: `graph.unknown-reference`.
        message: The mistake, with the offending value.
        where: The place in the file.
        fix: The correction, with the choices.
        severity: An `error` prevents a run, a `warning` does not.
    """

    code: str
    message: str
    where: Location
    fix: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        tail = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{self.where}: {self.message} [{self.code}]{tail}"

    def to_json(self) -> dict[str, object]:
        """The finding as a JSON record: `code, severity, what, fix, file, line, column`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "what": self.message,
            "fix": self.fix,
            "file": self.where.file,
            "line": self.where.line or None,
            "column": self.where.column or None,
        }


class InvalidFile(ProjectError):
    """A declared file has mistakes; the error shows the first of them, `findings` has all.

    Attributes:
        findings: Every mistake, in the order of the file; never empty.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(first.code, first.message + more, fix=first.fix, where=first.where)
        self.findings = tuple(findings)


def in_file_order(findings: Sequence[Finding]) -> list[Finding]:
    """Sorted by place, then code; duplicates dropped."""
    return sorted(
        dict.fromkeys(findings), key=lambda f: (f.where.file, f.where.line, f.where.column, f.code, f.message)
    )
