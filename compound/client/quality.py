"""Figures of the quality of decisions, as the page, the command and the API have them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Figure(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True, extra="ignore")


class Share(_Figure):
    """k of n; `value` and the ends of its 95 % interval (Wilson) are None where n is 0."""

    k: int
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


class Spread(_Figure):
    """Median and 90th percentile of n values; None where n is 0."""

    n: int = 0
    median: float | None = None
    p90: float | None = None


class AgeCount(_Figure):
    """Open reviews of at least this age, in seconds, and younger than the next."""

    at_least_s: float
    n: int


class ReasonCount(_Figure):
    """Rejections with a reason of the declared list; an empty reason is one in words, or none."""

    reason: str
    n: int


class Agreement(_Figure):
    """Krippendorff's alpha of n drafts that two people judged; None if every judgement is the same."""

    n: int
    differ: int
    alpha: float | None = None


class QueueFigures(_Figure):
    """Figures of one queue, or of all.

    Attributes:
        queue: Its name; empty for all queues together.
        open: Reviews that wait.
        open_late: Of the waiting reviews with a time, those past it.
        late: Of the decisions on reviews with a time, those after it.
        first_look_s: Seconds from the opening of a review to its first claim.
        handle_s: Seconds from the claim to the decision.
        decided: Decisions of people that stand.
        automatic: Decisions of rules, of all decisions that stand.
        unedited: Approvals without a change, of approvals, edits and rejections by people.
        edit: Share of the words that an edit changed.
        undone: Undone decisions, of people's.
        agreement: Of people's decisions and a second, blind look.
        people_wrong: Sampled decisions of people that the second look calls wrong.
        automatic_wrong: Sampled decisions of rules that the second look calls wrong.
        waiting: Samples that nobody has looked at.
    """

    queue: str
    open: int
    ages: tuple[AgeCount, ...]
    open_late: Share
    late: Share
    first_look_s: Spread
    handle_s: Spread
    decided: int
    automatic: Share
    unedited: Share
    edit: Spread
    undone: Share
    reasons: tuple[ReasonCount, ...]
    agreement: Agreement
    people_wrong: Share
    automatic_wrong: Share
    waiting: int


class Monitored(_Figure):
    """A certificate, and the test of the automatic decisions under it.

    Attributes:
        status: `valid`, `revoked by ...`, `void: ...`.
        is_on: Whether its rule decides.
        error_at_most: Limit of the share of wrong decisions.
        n: Labelled keys of the certificate; `k` wrong ones.
        made_at: ISO 8601, UTC.
        audited: Answered samples that count in the test; `wrong` ones among them.
        behind: Answers that wait for the answer to an earlier sample.
        waiting: Samples without an answer.
        e_value: The test's value; None before the first answer.
        highest: The highest value so far.
        alarm_at: The value that withdraws the certificate: 1 / (1 - confidence).
        is_alarm: Whether the value has reached it.
        path: The value after each audited decision, at most 200 of them, with the first and the last.
    """

    certificate_id: str
    graph: str
    node: str
    status: str
    is_on: bool
    source: str
    error_at_most: float
    confidence: float
    n: int
    k: int
    made_at: str
    audited: int
    wrong: int
    behind: int
    waiting: int
    e_value: float | None
    highest: float | None
    alarm_at: float
    is_alarm: bool
    path: tuple[float, ...]


class Quality(_Figure):
    """Figures of decisions.

    Attributes:
        days: Length of the period that ends at `at`.
        since: Its begin, ISO 8601, UTC.
        person: Whose decisions; empty for all.
        all: All queues together.
        queues: Each queue.
        certificates: Of this profile, the newest first; empty for one person.
        canaries: Planted wrong drafts that people caught; None without canaries.
    """

    days: int
    since: str
    at: str
    person: str
    all: QueueFigures
    queues: tuple[QueueFigures, ...]
    certificates: tuple[Monitored, ...] = ()
    canaries: Share | None = None
