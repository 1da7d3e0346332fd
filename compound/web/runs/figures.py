"""Times and costs in few characters."""

from __future__ import annotations


def time_of(ms: float) -> str:
    """A length of time: `0.4 ms`, `12 ms`, `1.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1_000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1_000:.1f} s"
    seconds = int(ms // 1_000)
    for unit, size, part, of in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            rest = seconds % size // of
            return f"{seconds // size} {unit} {rest} {part}" if rest else f"{seconds // size} {unit}"
    raise AssertionError  # it is at least a minute


def cost_of(usd: float | None) -> str:
    """A cost: `$0`, `$0.0031`, `$1.20`; empty if it is not known."""
    if usd is None:
        return ""
    if usd == 0:
        return "$0"
    return f"${usd:.4f}" if abs(usd) < 1 else f"${usd:,.2f}"


def short_id(run_id: str) -> str:
    """The beginning of a random id; other ids name what they belong to, and stay."""
    return run_id[:12] if len(run_id) == 32 else run_id
