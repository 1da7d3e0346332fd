"""The keys of a graph file about people and what happens outside: reviews, their rules, effects."""

from __future__ import annotations

from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.waiting import ASK, asking, decide, listed, pass_time, shown, waits
from tests.support.certificates import grant
from tests.support.desks.bank_desk import CREDIT, GRAPH, Bank
from tests.support.desks.claims_desk import GRAPH as CLAIMS
from tests.support.desks.claims_desk import POLICY, SCORED, claim, claims_desk

HOUR = 3600.0


def _queue(desk: Desk) -> None:
    for keys, queue in ((["queue: tellers"], "tellers"), ([], "default")):
        where = asking(desk, *keys)
        waits(where)
        assert [one["queue"] for one in listed(where)] == [queue]


def _show(desk: Desk) -> None:
    more = asking(desk, graph=ASK.replace("show: {text: $input.text}", "show: {text: $input.text, wish: $input.risk?}"))
    evidence = [shown(where, waits(where, "Hello there", risk=3.5))["evidence"] for where in (more, asking(desk))]
    assert evidence == [{"text": "Hello there", "wish": 3.5}, {"text": "Hello there"}]


def _decide(desk: Desk) -> None:
    graph = ASK.replace("ok.action != 'reject'", "ok.action == 'approve'")
    offered = 'decide: {approve: {}, edit: {text: str}, reject: {reason: "enum(wrong_fact, other)"}}'
    few = graph.replace(offered, "decide: {approve: {}, edit: {text: str}}")
    assert few != graph
    told = [
        decide(where, waits(where), "reject", "--reason", "other")
        for where in (asking(desk, graph=graph), asking(desk, graph=few))
    ]
    assert told == ["", "review.not-offered"]


def _versions(desk: Desk) -> None:
    seen = GRAPH.replace("show: [$input.ticket", "versions: {accounts/a1: 7}\n    show: [$input.ticket")
    told: list[tuple[str, float]] = []
    for number, graph in enumerate((seen, GRAPH)):
        bank = Bank(desk.root / f"bank{number}", graph=graph)
        told.append((decide(Place(bank.root), bank.ask()), bank.balance()))
    assert told == [("review.stale", 0.0), ("", CREDIT["arguments"]["amount"])]


def _effect_versions(desk: Desk) -> None:
    seen = GRAPH.replace("    tools: [credit, note]\n", "    tools: [credit, note]\n    versions: {accounts/a1: 7}\n")
    told: list[tuple[str, float]] = []
    for number, graph in enumerate((seen, GRAPH)):
        bank = Bank(desk.root / f"bank{number}", graph=graph)
        where, item = Place(bank.root), bank.ask()
        where.say("review", "approve", item)
        told.append((shown(where, item)["status"], bank.balance()))
    assert told == [("stale", 0.0), ("decided", 10.0)]


def _due(desk: Desk) -> None:
    where, never = asking(desk, "due: 4h"), asking(desk)
    for one in (where, never):
        waits(one)
    assert listed(where)[0]["due_at"] > listed(where)[0]["created_at"]
    assert listed(never)[0]["due_at"] is None


def _swept(desk: Desk, hours: float, *keys: str) -> tuple[Place, str, str]:
    where = asking(desk, *keys)
    item = waits(where)
    pass_time(where, hours * HOUR)
    return where, item, where.say("review", "sweep").out


def _expire(desk: Desk) -> None:
    early = _swept(desk, 2, "due: 1h", "expire: 3h", "on_expire: {close: true}")
    late = _swept(desk, 2, "due: 1h", "on_expire: {close: true}")
    assert [shown(where, item)["status"] for where, item, _ in (early, late)] == ["pending", "expired"]


def _on_expire(desk: Desk) -> None:
    closed = _swept(desk, 2, "due: 1h", "on_expire: {close: true}")
    waiting = _swept(desk, 2, "due: 1h")
    assert [shown(where, item)["status"] for where, item, _ in (closed, waiting)] == ["expired", "pending"]


def _escalate(desk: Desk) -> None:
    where, item, _ = _swept(desk, 2, "due: 1h", "on_expire: {escalate: leads}")
    assert shown(where, item)["status"] == "expired"
    assert [(one["queue"], one["level"]) for one in listed(where)] == [("leads", 1)]
    assert decide(where, listed(where)[0]["review_id"], user="lea") == ""
    assert where.replies() == ["Hello"]


def _remind(desk: Desk) -> None:
    where, item, said = _swept(desk, 2, "due: 1h", "on_expire: {remind: true}")
    assert ("reminded" in said, shown(where, item)["status"]) == (True, "pending")


def _close(desk: Desk) -> None:
    where, item, _ = _swept(desk, 2, "due: 1h", "on_expire: {close: true}")
    assert (listed(where), shown(where, item)["status"], where.replies()) == ([], "expired", [])
    with where.open() as project:
        record = project.run_record(shown(where, item)["run_id"])
        assert record is not None
        assert record.status == "cancelled"


def _risk(desk: Desk) -> None:
    orders: list[list[float]] = []
    for keys in (["due: 1h", "risk: $input.risk?"], ["due: 1h"]):
        where = asking(desk, *keys)
        for risk in (1.0, 9.0):
            waits(where, risk=risk)
        orders.append([one["risk"] for one in listed(where)])
    assert (sorted(orders[0]), orders[1]) == ([1.0, 9.0], [0.0, 0.0])


def claims(
    desk: Desk, graph: str, *, granted: bool = True, threshold: float | None = None, policy: str = POLICY
) -> Place:
    root = desk.root / f"claims{len(list(desk.root.iterdir()))}"
    where = Place(claims_desk(root, {"graphs/main.yaml": graph, "graphs/policies/claims.yaml": policy}))
    if granted:
        with where.open() as project:
            grant(project, "main", "look", threshold=threshold)
    return where


def decided(where: Place, **more: Any) -> str:
    """The decision that was made with no person; `waits` where there is none."""
    view = where.run({"claim": claim(1, **more)})
    return "waits" if view.output is None else str(view.output["decision"])


AUTO = "    auto: {when: sound.ok, key: $input.claim.holder}\n"


def _auto(desk: Desk) -> None:
    assert decided(claims(desk, CLAIMS)) == "approve"
    assert decided(claims(desk, CLAIMS.replace(AUTO, ""), granted=False)) == "waits"


def _auto_when(desk: Desk) -> None:
    where = claims(desk, CLAIMS)
    assert [decided(where, words=words) for words in ("a broken cup", "an odd cup")] == ["approve", "waits"]


def _auto_action(desk: Desk) -> None:
    graph = CLAIMS.replace("{when: sound.ok,", "{when: sound.ok, action: reject,")
    graph = graph.replace('reject: {reason: "enum(wrong_fact, other)"}', "reject: {}")
    where = claims(desk, graph)
    assert (decided(where), where.replies()) == ("reject", [])
    plain = claims(desk, CLAIMS)
    assert (decided(plain), len(plain.replies())) == ("approve", 1)


def _auto_score(desk: Desk) -> None:
    told = [
        [decided(claims(desk, graph, threshold=threshold), trust=trust) for trust in (0.5, 0.95)]
        for graph, threshold in ((SCORED, 0.9), (CLAIMS, None))
    ]
    assert told == [["waits", "approve"], ["approve", "approve"]]


def _auto_key(desk: Desk) -> None:
    policy = POLICY.replace("audit_share: 0%", "audit_share: 100%").replace("10%", "50%")
    told: list[str] = []
    for graph in (CLAIMS, CLAIMS.replace(", key: $input.claim.holder", "")):
        where = claims(desk, graph, granted=False, policy=policy)
        for number in range(4):
            item = where.run({"claim": claim(number, holder="ann")}).review_ids[0]
            assert decide(where, item) == ""
        told.append(where.say("certify", "main", "--from-decisions", "--dry-run").out)
    assert ("has 1" in told[0], "would be certified" in told[1]) == (True, True), told


def _effect_tool(desk: Desk) -> None:
    told: list[list[str]] = []
    for tool in ("say", "pay"):
        where = asking(desk, graph=ASK.replace("tool: say", f"tool: {tool}"))
        assert decide(where, waits(where)) == ""
        told.append(where.replies())
    assert told == [["Hello"], ["paid Hello"]]


def _effect_tools(desk: Desk) -> None:
    bank = Bank(desk.root / "bank")
    assert (decide(Place(bank.root), bank.ask()), bank.balance()) == ("", 10.0)
    less = Bank(desk.root / "less", graph=GRAPH.replace("tools: [credit, note]", "tools: [note]"))
    with less.open() as project:
        view = project.run(None, {"ticket": {"id": "T-1", "body": "x"}})
    refused = view.error is not None or decide(Place(less.root), view.review_ids[0]) != ""
    assert (refused, less.balance()) == (True, 0.0)


POLICY_OF_TWO = "compound: policy/v1\nname: rules\neffects: {say: {queue: two}}\n"
TWO = """\
compound: graph/v1
name: main
input: {text: str}
output: {sent: $send?}
nodes:
  one: {use: review, show: [$input.text], queue: one}
  two: {use: review, show: [$input.text], queue: two}
  send:
    use: effect
    tool: say
    review: two
    when: one.action != 'reject' and two.action != 'reject'
    in: {ticket_id: T-1, text: $input.text}
"""


def effect_review(desk: Desk) -> None:
    told: list[list[str]] = []
    for review in ("two", "one"):
        where = asking(desk, graph=TWO.replace("review: two", f"review: {review}"), policy=POLICY_OF_TWO)
        where.run({"text": "Hello"})
        for _ in range(3):  # the second item is shown once more when the first was decided
            for item in listed(where):
                where.say("review", "approve", item["review_id"])
        told.append(where.replies())
    assert told == [["Hello"], []]  # the policy wants a decision from the queue `two`


KEYS = (
    Key("graph", "nodes.review.queue", _queue),
    Key("graph", "nodes.review.show", _show),
    Key("graph", "nodes.review.decide", _decide),
    Key("graph", "nodes.review.versions", _versions),
    Key("graph", "nodes.review.due", _due),
    Key("graph", "nodes.review.expire", _expire),
    Key("graph", "nodes.review.on_expire", _on_expire),
    Key("graph", "nodes.review.on_expire.escalate", _escalate),
    Key("graph", "nodes.review.on_expire.remind", _remind),
    Key("graph", "nodes.review.on_expire.close", _close),
    Key("graph", "nodes.review.risk", _risk),
    Key("graph", "nodes.review.auto", _auto),
    Key("graph", "nodes.review.auto.when", _auto_when),
    Key("graph", "nodes.review.auto.action", _auto_action),
    Key("graph", "nodes.review.auto.score", _auto_score),
    Key("graph", "nodes.review.auto.key", _auto_key),
    Key("graph", "nodes.effect.tool", _effect_tool),
    Key("graph", "nodes.effect.tools", _effect_tools),
    Key("graph", "nodes.effect.review", effect_review),
    Key("graph", "nodes.effect.versions", _effect_versions),
)
