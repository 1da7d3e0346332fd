"""One project that has something for every page: a bicycle workshop with letters in each state, runs, a batch with dead
letters, two runs of a suite. Tests look at its pages; the pictures of the documentation show them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.project.keys.table import Place
from tests.web.one.workshop import GRAPH, PYPROJECT, TOOLS, workshop

if TYPE_CHECKING:
    from compound.project import Project

OWNER = "nora"
READY = GRAPH.replace("    decide:\n", "    auto: {when: made.risk == 0}\n    decide:\n", 1).replace(
    "    risk: $made.risk\n", "    risk: $made.risk\n    due: 4h\n", 1
)
POLICY = """\
compound: policy/v1
name: desk
effects:
  move_pickup: {automatic: true}
  refund: {automatic: true, money: {argument: amount, at_most: 100}}
  note_call: {automatic: true}
  answer: {automatic: true}
"""
ESTIMATE = """\
compound: graph/v1
name: estimate
description: Estimates what a repair costs, from the bike and the fault.
input: {bike: "enum(racer, cargo, city)", fault: str, hours: float?}
nodes:
  price: {use: tool, tool: price, in: {bike: $input.bike, hours: $input.hours}, out: {price: float, hours: float}}
  words: {use: tool, tool: words, in: {fault: $input.fault, price: $price.price}, out: str}
  rush: {use: tool, tool: words, when: price.hours > 8, in: {fault: $input.fault, price: $price.price}, out: str}
output: {price: $price.price, text: $words, rush: $rush?}
"""
PRICES = '''\
import time
from pathlib import Path

from compound.tool import tool

HOURS = {"racer": 1.0, "cargo": 2.5, "city": 1.5}
RATE = 48.0
GATE = Path(__file__).parent.parent / "go"


@tool(blocking=True)
def price(bike: str, hours: float | None = None) -> dict[str, float]:
    """What a repair costs."""
    time.sleep(0.002)
    worked = HOURS[bike] if hours is None else hours
    extra = float((GATE.parent / "extra").read_text()) if worked > 4 else 0.0
    if worked < 0:
        raise ValueError("hours are negative")
    end = time.monotonic() + 600
    while worked == 99 and not GATE.exists() and time.monotonic() < end:
        time.sleep(0.02)
    return {"price": worked * RATE + extra, "hours": worked}


@tool
def words(fault: str, price: float) -> str:
    """An estimate as a customer reads it."""
    return f"The repair ({fault}) costs about {price:.2f} euros."
'''
CASES = """\
from compound.evaluation import Case, CaseSet, Score, SuiteContext

KINDS = [("racer", 1.0), ("cargo", 2.5), ("city", 1.5)]


def load(context: SuiteContext) -> CaseSet:
    def case(number):
        bike, hours = KINDS[number % 3]
        return Case(id=f"{bike}-{number}", input={"bike": bike, "fault": f"fault {number}", "hours": hours + number % 4},
                    expected={"price": (hours + number % 4) * 48.0}, cluster_id=f"customer {number}",
                    tags={"bike": bike, "size": "small" if number % 4 < 2 else "large"})
    every = [case(number) for number in range(24)]
    return CaseSet(cases=every[:16], sections={"long repairs": every[16:]})


def scores(context: SuiteContext):
    def score(case, result):
        got = (result.output or {}).get("price", 0.0)
        off = abs(got - case.expected["price"]) / case.expected["price"]
        yield Score(name="within_tenth", value=float(off <= 0.1), explanation=f"got {got}, {off:.0%} off")
        yield Score(name="exact", value=float(got == case.expected["price"]))
    return score
"""
SUITE = """\
compound: suite/v1
name: prices
graph: estimate
description: Estimates against what was paid in the end.
until: end
cases: cases:load
scorers: [cases:scores]
scores: {within_tenth: Whether the estimate is at most a tenth off., exact: Whether it is what was paid.}
gates:
  plain:
    within_tenth: {at_least: 0.8}
"""
BROKEN = ESTIMATE.replace("name: estimate", "name: estimate_by_hand").replace(
    "$price.price, text", "$prize.price, text"
)
SOUND = (
    "Dear {name},\n\nyour bike J-1 is ready, and the price was 80.00 euros. A repair takes 3 days.\n\nKind regards\n"
    "The workshop"
)
PAID = SOUND.replace("A repair takes 3 days.", "A repair takes 3 days. We pay 12.50 back within 5 to 7 business days.")
STEPS: list[dict[str, Any]] = [
    {"name": "move_pickup", "arguments": {"job": "J-1", "on": "2026-12-05", "slot": "morning"}},
    {"name": "refund", "arguments": {"job": "J-1", "amount": 12.5}},
]


def letter(subject: str, body: str, name: str, text: str = SOUND, **made: Any) -> dict[str, Any]:
    """A letter of a customer, and how it is answered."""
    own = {"subject": subject, "body": body, "email": f"{name.split(maxsplit=1)[0].lower()}@mail.example"}
    return {"letter": own, "text": text.format(name=name.split(maxsplit=1)[0]), **made}


LETTERS: dict[str, dict[str, Any]] = {
    "decided": letter("Is my racer finished?", "I would like to fetch it on Friday. Is job J-1 ready?", "Ann Khan"),
    "stale": letter("Pick-up of J-1", "When may I come for job J-1?", "Carla Reyes"),
    "edited": letter("Fetching the bike a day later", "May I fetch J-1 on 5 December? Please pay 12.50 back.", "Dana Wolff",
                     PAID, steps=STEPS, risk=1),
    "ready": letter("Umtausch der Klingel", "Ist mein Rad J-1 fertig? Was kostet es?", "Emil Brandt"),
    "unsupported": letter(
        "Scratch on the frame", "The frame of J-1 has a scratch that was not there before.", "Farid Haddad",
        SOUND.replace("A repair takes 3 days.", "A repair takes 3 days. Every frame has a guarantee of five years."),
        risk=2,
    ),
    "arabic": letter("متى تكون دراجتي جاهزة؟", "هل انتهى إصلاح الدراجة J-1؟", "Ghada Saleh"),
    "long": letter("Everything that happened to my cargo bike since the spring, and what I would like to know about it",
                   "It began in April. " * 40, "Hannes Ottokar Freiherr von Lilienfeld"),
    "hurry": letter("Needed by tomorrow!", "I leave tomorrow morning. Is J-1 ready?", "Ida Sund", risk=1),
    "thanks": letter("Thank you", "All good. When can I come for J-1?", "Jo Park"),
    "price": letter("Question about the price", "What did J-1 cost?", "Kim Duarte"),
}  # fmt: skip
NUMBERS = {name: f"W-{1040 + at}" for at, name in enumerate(LETTERS)}
"""Letter to the number that it has in the mailbox."""


def shop(root: Path) -> Place:
    """The project, without letters."""
    files = {
        "pyproject.toml": PYPROJECT,
        "graphs/answer.yaml": READY,
        "graphs/policies/desk.yaml": POLICY,
        "graphs/estimate.yaml": ESTIMATE,
        "graphs/estimate_by_hand.yaml": BROKEN,
        "tools/prices.py": PRICES,
        "tools/work.py": TOOLS,
        "evals/prices/suite.yaml": SUITE,
        "evals/prices/cases.py": CASES,
        "extra": "60",
        "bikes.csv": "id,bike,fault,hours\n" + "".join(_bike(at) for at in range(40)),
    }
    return workshop(root, files)


def _bike(at: int) -> str:
    return f"B{at},{('racer', 'cargo', 'city')[at % 3]},fault {at},{-1 if at in (7, 23) else 1 + at % 3}\n"


@dataclass
class Filled:
    """A shop with everything in it.

    Attributes:
        reviews: Letter to its review.
        runs: Two runs: the second is the first one, replayed with another value.
        batch: A batch in which two items failed.
        suites: Two runs of a suite.
    """

    place: Place
    reviews: dict[str, str]
    runs: tuple[str, str]
    batch: str
    suites: tuple[str, str]


def fill(place: Place, *, later: Callable[[float], None] | None = None) -> Filled:
    """Letters come in and are decided, graphs run.

    Args:
        place: A shop.
        later: Called where time passes between letters, with the minutes; without it they come in together.
    """
    say(place, "batch", "estimate", "--from", str(place.root / "bikes.csv"), "--json", code=3)
    runs, suites = two_runs(place), two_suites(place)
    for some in [{name: made} for name, made in LETTERS.items()] if later else [LETTERS]:
        write(place, some)
        if later:
            later(11)
    with place.open() as project:
        known = {one.item_id: one.review_id for one in project.reviews().list()}
        reviews = {name: known[number] for name, number in NUMBERS.items()}
        _states(project, reviews)
        batch = str(project.batches().list()[-1].job_id)
    # the customer writes again while the answer waits
    late = {"in_reply_to": NUMBERS["stale"], "subject": "Pick-up of J-1", "body": "Never mind, I come on Monday."}
    write(place, {"later": {"letter": late, "text": SOUND.format(name="Carla")}})
    return Filled(place, reviews, runs, batch, suites)


def write(place: Place, letters: dict[str, dict[str, Any]]) -> None:
    """Letters come in and are drafted."""
    file = place.root / "letters.jsonl"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    numbered = {NUMBERS.get(name, name): made for name, made in letters.items()}
    lines = [json.dumps({"id": name, **made["letter"]}) for name, made in numbered.items()]
    texts = {**json.loads((place.root / "drafts.json").read_text(encoding="utf-8")), **numbered}
    place.write({"letters.jsonl": before + "\n".join([*lines, ""]), "drafts.json": json.dumps(texts)})
    say(place, "batch", "--from", "inbox", "--json")


def _states(project: Project, reviews: dict[str, str]) -> None:
    service = project.reviews()
    service.decide(reviews["decided"], "approve", user=OWNER)
    edited = service.find(reviews["edited"])
    text = edited.draft.text.replace("Kind regards", "See you on Saturday!\n\nKind regards")
    service.queue.desk.write(edited.review_id, OWNER, {"field.text": text}, version=0, draft_seq=edited.draft_seq)
    service.comment(reviews["unsupported"], "The photos of the day it came in are in the blue folder.", user="ben")


def say(place: Place, *words: str, code: int = 0) -> str:
    """A command; what it printed."""
    said = place.say(*words)
    assert said.code == code, f"{said.code} {said.out}\n{said.err}"
    return said.out


def two_runs(place: Place) -> tuple[str, str]:
    """A run, and a replay of it in which the price is another."""
    with place.open() as project:
        run = project.run("estimate", {"bike": "cargo", "fault": "loose chain", "hours": None})
        swapped = project.replay(run.run_id, swaps={"price": {"price": 96.0, "hours": 9.0}})
        return run.run_id, swapped.run.run_id


def two_suites(place: Place) -> tuple[str, str]:
    """A suite, run before and after long repairs became cheaper."""
    say(place, "eval", "prices", "--exit-zero")
    place.write({"extra": "12"})
    say(place, "eval", "prices", "--exit-zero")
    with place.open() as project:
        new, old = project.suite_runs().list()
        return old.suite_run_id, new.suite_run_id
