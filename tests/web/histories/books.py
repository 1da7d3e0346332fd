"""What must hold at each commit of the state store, and what must hold in the end: the plain model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.connector.state.messages import Messages, conversation_of_ref
from compound.review.stored.machine import TRANSITIONS, Status
from tests.web.histories.world import World

_TABLE = {(before.value, after.value) for (before, _), after in TRANSITIONS.items()}
STEPS: Final = _TABLE | {(Status.PENDING.value, after) for before, after in _TABLE if before == Status.IN_REVIEW}
"""A decision on an unclaimed review claims it in the same transaction: two steps at once."""
SENDS: Final = ("approve", "edit")
_EFFECT: Final = {
    *(("scheduled", to) for to in ("sending", "cancelled", "refused")),
    *(("sending", to) for to in ("sending", "sent", "failed", "refused", "unknown")),
    *(("failed", to) for to in ("sending", "unknown")),
}
_RESUME: Final = {
    *(("pending", to) for to in ("running", "cancelled")),
    *(("running", to) for to in ("running", "done", "pending", "dead")),
}
Row = Mapping[str, Any]
_TABLES: Final = {
    "review": (tables.review, "review_id"),
    "decision": (tables.decision, "decision_id"),
    "outbox": (tables.outbox, "effect_key"),
    "resume": (tables.resume, "decision_id"),
}


@dataclass
class Books:
    """Reads the store behind each commit, and compares it with how it was before.

    Attributes:
        wrong: What did not hold.
        is_reconciling: A person settles an unknown effect; nobody else may.
    """

    world: World
    runs: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    is_reconciling: bool = False
    _old: dict[str, dict[str, Row]] = field(default_factory=dict[str, dict[str, Row]])
    _seq: int = 0

    def look(self) -> None:
        """Behind a commit."""
        new, audited = self._read()
        if self._old:
            self._reviews(new, audited)
            self._decisions(new, audited)
            self._effects(new, audited)
            self._resumes(new)
        self._old = new
        self._outside(new)

    def now(self) -> dict[str, dict[str, Row]]:
        """The tables behind the last commit: name to id to row."""
        return self._old

    def require(self, is_so: bool, *what: object) -> None:
        """Write down what does not hold."""
        if not is_so:
            self.wrong.append(" ".join(map(str, what)))

    def _read(self) -> tuple[dict[str, dict[str, Row]], set[str]]:
        found: dict[str, dict[str, Row]] = {}
        shown = tables.draft_version
        with self.world.store.read() as db:
            for name, (table, key) in _TABLES.items():
                query = sa.select(table).where(table.c.run_id.in_(self.runs))
                if name == "review":
                    newest = (shown.c.review_id == table.c.review_id) & (shown.c.seq == table.c.draft_seq)
                    query = query.add_columns(shown.c.sha256.label("draft_sha256")).join(shown, newest)
                found[name] = {row[key]: dict(row) for row in db.execute(query).mappings()}
            later = sa.select(tables.audit.c.seq, tables.audit.c.subject).where(tables.audit.c.seq > self._seq)
            rows = db.execute(later).all()
        self._seq = max([self._seq, *(row.seq for row in rows)])
        return found, {row.subject for row in rows}

    def _reviews(self, new: Mapping[str, dict[str, Row]], audited: set[str]) -> None:
        for name, row in new["review"].items():
            was = self._old["review"].get(name)
            if was is None:
                self.require(row["status"] == "pending", "opened as", row["status"])
            elif (was["status"], was["version"]) != (row["status"], row["version"]):
                step = (was["status"], row["status"])
                self.require(step in STEPS and row["version"] == was["version"] + 1, "review", step, row["version"])
                self.require(name in audited, "a step of a review is not audited:", step)
            else:
                self.require(was["draft_sha256"] == row["draft_sha256"], "another draft under the same version")

    def _decisions(self, new: Mapping[str, dict[str, Row]], audited: set[str]) -> None:
        for name, row in new["decision"].items():
            was = self._old["decision"].get(name)
            if was is not None:
                self.require(was == row, "a decision was changed", name)
                continue
            self.require(row["review_id"] in audited, "a decision is not audited", name)
            self._decided(self._old["review"][row["review_id"]], row)

    def _decided(self, review: Row, row: Row) -> None:
        now, actor = self.world.now, row["actor"]
        self.require(review["version"] == row["version"], "decided another version than the newest", row["version"])
        self.require(review["status"] in ("pending", "in_review", "awaiting_second"), "decided", review["status"])
        is_free = review["lease_user"] in (None, actor) or (review["lease_until"] or 0) <= now
        self.require(is_free, actor, "decided what", review["lease_user"], "holds")
        seen = (row["seen"]["draft_sha256"], row["seen"]["evidence_sha256"])
        self.require(seen == (review["draft_sha256"], review["evidence_sha256"]), "decided without seeing it")
        self.require(row["body_sha256"] == digest(row["draft"]), "the body is not what was decided")
        self.require(actor not in ("clock", "graph", "probe"), actor, "decided")
        if actor.startswith("policy:"):
            self.require(review["status"] == "pending" and not review["second"], "a policy decided", review["status"])
        elif row["final"] and row["action"] in review["second"]:
            first = self._last_decision(row["review_id"])
            other = first is not None and first["actor"] != actor and not first["final"]
            self.require(other and review["status"] == "awaiting_second", "one person approved alone", row["action"])
            same = first is not None and first["body_sha256"] == row["body_sha256"]
            self.require(same, "the second person approved other bytes than the first")

    def _last_decision(self, review_id: str) -> Row | None:
        own = [one for one in self._old["decision"].values() if one["review_id"] == review_id]
        return max(own, key=lambda one: one["version"], default=None)

    def _effects(self, new: Mapping[str, dict[str, Row]], audited: set[str]) -> None:
        for key, row in new["outbox"].items():
            was, decision = self._old["outbox"].get(key), new["decision"][row["decision_id"]]
            if was is None:
                self._scheduled(row, decision)
                continue
            step = (was["status"], row["status"])
            same = was["status"] == row["status"] and was["attempts"] == row["attempts"]
            if same:
                continue
            self.require(row["group_key"] in audited, "a step of an effect is not audited:", step)
            if self.is_reconciling and was["status"] == "unknown":
                continue
            self.require(step in _EFFECT, "effect", row["target"], step)
            if row["status"] == "sending":
                self._sending(was, row, new["review"][decision["review_id"]], decision)

    def _scheduled(self, row: Row, decision: Row) -> None:
        self.require(decision["final"] and decision["action"] in SENDS, "an effect of", decision["action"])
        shown = [
            [one["name"], one["target"], one["arguments"]] for one in decision["draft"]["effects"][decision["action"]]
        ]
        self.require([row["effect"], row["target"], row["args"]] == shown[row["ordinal"]], "other effects than shown")
        self.require(row["body_sha256"] == digest(shown[row["ordinal"]]), "another body than shown")

    def _sending(self, was: Row, row: Row, review: Row, decision: Row) -> None:
        if was["status"] == "scheduled":
            stands = review["status"] == "decided" and review["version"] == decision["version"] + 1
            self.require(stands, "sent of a decision that does not stand:", review["status"])
            for ref, number in decision["refs"].items():
                if (named := conversation_of_ref(ref)) is not None:
                    count = Messages(self.world.store).count(*named)
                    self.require(count == number, "sent although the customer has written since")
        else:
            self.require(row["target"] != "D", "class D was delivered again from", was["status"])

    def _resumes(self, new: Mapping[str, dict[str, Row]]) -> None:
        for name, row in new["resume"].items():
            was = self._old["resume"].get(name)
            if was is not None and (was["status"], was["attempts"]) != (row["status"], row["attempts"]):
                step = (was["status"], row["status"])
                self.require(step in _RESUME, "resume", step)
        for row in new["decision"].values():
            self.require((row["decision_id"] in new["resume"]) is bool(row["final"]), "no resume of a final decision")

    def _outside(self, new: Mapping[str, dict[str, Row]]) -> None:
        happened = Counter(one.key for one in self.world.happened if one.run_id in self.runs)
        for key, times in happened.items():
            row = new["outbox"].get(key)
            self.require(row is not None and row["status"] in ("sending", "sent", "failed", "unknown"), "happened", row)
            self.require(times == 1, "class", row and row["target"], "happened", times, "times")
        bodies = Counter((one.run_id, one.effect, digest(dict(one.args))) for one in self.world.happened)
        self.require(all(times == 1 for times in bodies.values()), "the same effect happened under two keys")
        for key, row in new["outbox"].items():
            self.require(row["status"] != "sent" or happened[key] == 1, "said to be sent, and did not happen", row)

    def end(self, work: Callable[[], object]) -> None:
        """Everything is carried out now: nothing is lost."""
        for _ in range(3):
            self.world.now += 50_000.0  # more than clocks were set back
            work()
        new = self.now()
        unsettled = {row["run_id"] for row in new["outbox"].values() if row["status"] == "unknown"}
        happened = {(one.run_id, one.effect, digest(dict(one.args))) for one in self.world.happened}
        for name, row in new["resume"].items():
            decision = new["decision"][name]
            review = new["review"][decision["review_id"]]
            is_last = review["status"] == "decided" and review["version"] == decision["version"] + 1
            if not is_last or row["run_id"] in unsettled:
                continue
            self.require(
                row["status"] == "done", decision["action"], "is never carried out:", row["status"], row["error"]
            )
            for one in decision["draft"]["effects"].get(decision["action"], ()) if row["status"] == "done" else ():
                did = (row["run_id"], one["name"], digest(one["arguments"])) in happened
                self.require(did, "a decided effect never happened:", one["name"])
        for row in new["outbox"].values():
            over = row["status"] in ("sent", "cancelled", "refused", "unknown") or row["run_id"] in unsettled
            stands = new["review"][new["decision"][row["decision_id"]]["review_id"]]["status"] == "decided"
            self.require(over or not stands, "an effect is left", row["status"])
