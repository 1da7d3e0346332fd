"""Quillmoor, the invented shop of the `sample` profile: its tables, tickets, past cases and policy pages.

Everything is invented and comes from seeded random streams: equal arguments produce equal data, and no clock is
read. The wording of tickets is kept separate from the code that reads it: nothing in `wording/` imports the support
desk.
"""

from __future__ import annotations

from pathlib import Path

from ._generate import MIX, PastCase, SampleData, SampleTicket, expected_diff, generate
from ._write import write, write_profile
from .shop.glossary import product_names_page
from .shop.tables import COLUMNS, PARTITIONS

POLICIES = Path(__file__).parent / "policies"

__all__ = [
    "COLUMNS",
    "MIX",
    "PARTITIONS",
    "POLICIES",
    "PastCase",
    "SampleData",
    "SampleTicket",
    "expected_diff",
    "generate",
    "product_names_page",
    "write",
    "write_profile",
]
