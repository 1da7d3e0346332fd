"""The table: operator by operator, how many mistakes were made, how many of them matter, how many were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.mutation.trial import Trial


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
