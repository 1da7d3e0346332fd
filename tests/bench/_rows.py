"""A figure of the bench: what, how much, the bar, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        value: None when it could not be measured; `unit` then says why.
        ok: None when there is no bar, or nothing to hold against it.
    """

    name: str
    value: float | None
    unit: str
    bar: str
    ok: bool | None


def at_most(name: str, value: float, unit: str, bar: float) -> Row:
    """A figure that may not be higher than the bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar=f"<= {bar:g}", ok=value <= bar)


def at_least(name: str, value: float, unit: str, bar: float) -> Row:
    """A figure that may not be lower than the bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar=f">= {bar:g}", ok=value >= bar)


def reported(name: str, value: float, unit: str) -> Row:
    """A figure without a bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar="", ok=None)


def absent(name: str, why: str) -> Row:
    """A figure that could not be measured: never ok, never missed."""
    return Row(name=name, value=None, unit=f"absent: {why}", bar="", ok=None)
