"""The table: operator by operator, how many mistakes were made, how many of them matter, how many were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.docs.markdown import fenced, with_part
from tests.mutation.trial import Trial

PAGE: Final = Path(__file__).parents[2] / "docs/explanation/check.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    made: int
    equal: int
    found: int

    @property
    def counted(self) -> int:
        """Mutants that fail or misbehave."""
        return self.made - self.equal

    @property
    def share(self) -> float | None:
        """Found of those; None where there are none."""
        return self.found / self.counted if self.counted else None


def row(name: str, trials: Sequence[Trial]) -> Row:
    """What became of some mutants."""
    counted = [one for one in trials if one.why]
    return Row(
        name=name,
        made=len(trials),
        equal=len(trials) - len(counted),
        found=sum(1 for one in counted if one.codes),
    )


def rows(trials: Sequence[Trial]) -> list[Row]:
    """One row an operator, and all of them together."""
    names = dict.fromkeys(one.mutant.operator.name for one in trials)
    made = [row(name, [one for one in trials if one.mutant.operator.name == name]) for name in names]
    return [*made, row("**all**", trials)]


def markdown(trials: Sequence[Trial]) -> str:
    """The table as the page shows it."""
    lines = ["| mistake | made | makes no difference | misbehaves | found | share |", "|---|--:|--:|--:|--:|--:|"]
    for one in rows(trials):
        share = "-" if one.share is None else f"{one.share:.0%}" if one.found == one.counted else f"{one.share:.1%}"
        lines.append(f"| {one.name} | {one.made} | {one.equal} | {one.counted} | {one.found} | {share} |")
    return "\n".join(lines)


def missed(trials: Sequence[Trial]) -> list[Trial]:
    """Mutants that misbehave and that `check` says nothing about."""
    return [one for one in trials if one.why and not one.codes]


def page_of(text: str, trials: Sequence[Trial]) -> str:
    """The page with its generated parts as they must be."""
    lost = [f"{one.mutant.name}\n  differs in: {one.why}\n{one.mutant.diff()}" for one in missed(trials)]
    whole = row("all", trials)
    said = (
        f"{whole.made} mistakes of {len(rows(trials)) - 1} kinds, {whole.counted} of which fail or misbehave; "
        f"`check` finds {whole.found} of them: {whole.found / whole.counted:.1%}."
    )
    text = with_part(text, "share", said)
    text = with_part(text, "table", markdown(trials))
    return with_part(text, "missed", fenced("\n\n".join(lost), "diff"))
