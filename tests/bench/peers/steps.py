"""What the eight nodes do, the same for every framework: next to nothing, so that the framework is what is measured.

    measure -> sort -> (brief | thorough) -> {passages, orders} -> write -> prove

Eight nodes, seven of them run: one side of the branch is not taken, `passages` and `orders` may run side by side.
Standard library only, because it is imported in the environment of the peers.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

Values = dict[str, Any]

TEXT = "I was charged twice for order #W1234567 and would like one of the two payments back. " * 6


class Call:
    """The one awaited call of a run, made in `write`: how long it takes on average, in seconds; 0 for no call."""

    latency_s = 0.0
    seed = 0
    gate: asyncio.Event | None = None  # when there is one, each call waits until it is set
    waiting = 0

    @classmethod
    def seconds(cls, number: int) -> float:
        """Of this run: half to one and a half of the average, always the same for the same run and seed."""
        return cls.latency_s * random.Random(cls.seed * 1_000_003 + number).uniform(0.5, 1.5)


def ticket(number: int) -> Values:
    """The input of a run."""
    return {"number": number, "text": TEXT}


def expected(number: int) -> str:
    """What `write` gives."""
    return f"{'thorough' if number % 2 else 'brief'}: 3 passages, 1 orders"


async def measure(given: Values) -> Values:
    """The first node."""
    return {"length": len(given["text"])}


async def sort(given: Values) -> Values:
    """Which side of the branch."""
    return {"kind": "thorough" if given["number"] % 2 else "brief"}


async def brief(_given: Values) -> Values:
    """One side."""
    return {"plan": "brief"}


async def thorough(_given: Values) -> Values:
    """The other side."""
    return {"plan": "thorough"}


async def passages(_given: Values) -> Values:
    """One arm of the fan-out."""
    return {"passages": ["returns", "payments", "refund times"]}


async def orders(_given: Values) -> Values:
    """The other arm."""
    return {"orders": [{"id": "#W1234567", "total": 25}]}


async def write(given: Values) -> Values:
    """The join; it waits for the call, if there is one."""
    if Call.gate is not None:
        Call.waiting += 1
        await Call.gate.wait()
    elif Call.latency_s:
        await asyncio.sleep(Call.seconds(given["number"]))
    return {"reply": f"{given['plan']}: {len(given['passages'])} passages, {len(given['orders'])} orders"}


async def prove(given: Values) -> Values:
    """The last node."""
    return {"holds": bool(given["reply"])}
