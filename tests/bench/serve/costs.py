"""What one request costs: seconds of CPU of the server and its database, one request after the other."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.bench.serve.client import Answer, Client
from tests.bench.serve.served import Served

_REVIEW: Final = re.compile(r'href=[\'"]/reviews/(\w{24})[\'"]')
_HIDDEN: Final = re.compile(r'name="(version|seen)" value="([^"]*)"')
_NEWS: Final = re.compile(r'data-news="([^"]+)"')


@dataclass
class Asked:
    """What was asked of a server.

    Attributes:
        cpu_ms: Kind of request to milliseconds of CPU of each, as averages of blocks.
        took_ms: Kind of request to milliseconds until the answer.
        wrong: Kind and status of each answer that is an error.
    """

    cpu_ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    took_ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    wrong: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of request.

    Attributes:
        before: What has to be read first; not measured.
        settles: Whether the server goes on after the answer; that is measured too.
    """

    ask: Callable[[], Answer]
    before: Callable[[], object] = lambda: None
    settles: bool = False


def steps(client: Client, number: str) -> Mapping[str, Step]:
    """The requests of a reviewer, by kind; each can be repeated.

    Args:
        client: Signed in.
        number: A letter that is searched for.
    """
    ids = list(dict.fromkeys(_REVIEW.findall(client.get("/reviews?sort=oldest").text)))
    held: list[str] = []
    turn = iter(range(10**9))

    def following() -> Answer:
        answer = client.post("/api/v1/reviews/next", {})
        held.append(str(answer.document["review_id"]))
        return answer

    def decide() -> Answer:
        review_id, shown = forms.pop()
        return client.send(f"/reviews/{review_id}/decide", action="approve", **shown)

    forms: list[tuple[str, dict[str, str]]] = []

    def open_held() -> None:
        forms.extend((one, dict(_HIDDEN.findall(client.get(f"/reviews/{one}").text))) for one in held)
        held.clear()

    return {
        "list": Step(lambda: client.get("/reviews")),
        "one review": Step(lambda: client.get(f"/reviews/{ids[next(turn) % len(ids)]}")),
        "next": Step(following),
        "decide": Step(decide, before=open_held, settles=True),
        "search": Step(lambda: client.get(f"/reviews?q={number}")),
        "filter": Step(lambda: client.get("/reviews?queue=billing&risk=some")),
        "decided": Step(lambda: client.get("/reviews?view=decided&sort=newest")),
        "news": Step(lambda: client.get(f"/reviews/news?since=9999999999&ids={','.join(ids[:50])}")),
        "hold": Step(lambda: client.send(f"/reviews/{ids[0]}/hold", draft_sha256="")),
        "metrics": Step(lambda: client.get("/metrics")),
    }


def cost(served: Served, asked: Asked, kind: str, step: Step, *, times: int) -> None:
    """One block of requests of a kind, with what the server does because of them."""
    step.before()
    _quiet(served)
    before = served.cpu_s()
    answers = [step.ask() for _ in range(times)]
    if step.settles:
        _quiet(served)
    asked.cpu_ms.setdefault(kind, []).append((served.cpu_s() - before) / times * 1e3)
    asked.took_ms.setdefault(kind, []).extend(one.took_s * 1e3 for one in answers)
    asked.wrong += [f"{kind}: {one.status}" for one in answers if one.status >= 400]


def _quiet(served: Served) -> None:
    """Wait until the server does nothing but look at what is due."""
    used = served.cpu_s()
    for _ in range(200):
        time.sleep(0.3)
        now = served.cpu_s()
        if now - used < 0.05:
            return
        used = now


def p95(values: list[float]) -> float:
    """The value that one of twenty is above."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
