"""Words by which a letter greets, in three languages."""

from __future__ import annotations

GREETINGS = frozenset(
    """hi hello hey dear good greetings hallo guten moin servus gruss gruezi liebes liebe lieber sehr werte hola buenos
    buenas buen estimado estimada estimados estimadas querido""".split()
)
LONGEST = 6
"""Words of the longest greeting."""
