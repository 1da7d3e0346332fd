"""Assertions of the conformance kits."""

from __future__ import annotations


def need(holds: object, rule: str) -> None:
    """Raise if a rule does not hold; unlike `assert`, also under `python -O`.

    Raises:
        AssertionError: with the rule.
    """
    if not holds:
        raise AssertionError(rule)


def need_kind(value: object, kind: type, what: str) -> None:
    """Raise if a value has the wrong type; adapters are not always type-checked.

    Raises:
        AssertionError: with the type.
    """
    need(isinstance(value, kind), f"{what} must be {kind.__name__}, not {type(value).__name__}")
