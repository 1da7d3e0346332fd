"""One rule of a port, held or broken."""

from __future__ import annotations


def need(holds: object, rule: str) -> None:
    """Raise where a rule does not hold; unlike `assert`, under `python -O` too.

    Raises:
        AssertionError: with the rule.
    """
    if not holds:
        raise AssertionError(rule)


def need_kind(value: object, kind: type, what: str) -> None:
    """Raise where a value is of another type than its port says; adapters are not always type-checked.

    Raises:
        AssertionError: with the type.
    """
    need(isinstance(value, kind), f"{what} must be {kind.__name__}, not {type(value).__name__}")
