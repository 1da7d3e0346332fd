"""The keys of a policy file: what may happen, who decides it, what a certificate must prove, how long words are kept."""

from __future__ import annotations

import time

from tests.project.keys.graph.graph_review_keys import claims, decided, effect_review
from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.waiting import POLICY, asking, decide, listed, shown, waits
from tests.project.keys.world import world
from tests.support.desks.claims_desk import GRAPH as CLAIMS
from tests.support.desks.claims_desk import POLICY as CLAIMS_POLICY
from tests.support.desks.claims_desk import SCORED, good, label

DAY = 86_400.0


def ruled(desk: Desk, rule: str) -> Place:
    """A desk whose policy asks this of a reply."""
    return asking(desk, policy=POLICY.replace("{say: {}}", f"{{say: {rule}}}"))


def sent(where: Place, text: str = "Hello", *, user: str = "nora") -> list[str]:
    """What the customer is told when this person approves."""
    item = where.run({"text": text})
    for one in item.review_ids:
        decide(where, one, user=user)
    return where.replies()


def _compound(desk: Desk) -> None:
    assert ruled(desk, "{}").codes() == []
    for text in (POLICY.replace("policy/v1", "policy/v9"), POLICY.replace("compound: policy/v1\n", "")):
        assert asking(desk, policy=text).codes() != []


def _refusal(desk: Desk, text: str) -> str:
    """What the author of a graph is told when the policy does not allow its effect."""
    return "".join(one.message for one in asking(desk, policy=text.replace("{say: {}}", "{}")).findings())


def _name(desk: Desk) -> None:
    assert "the policy rules does not allow say" in _refusal(desk, POLICY)
    assert "the policy laws does not allow say" in _refusal(desk, POLICY.replace("name: rules", "name: laws"))


def _description(desk: Desk) -> None:
    assert "Small sums only." in _refusal(desk, POLICY + "description: Small sums only.\n")
    assert "whose purpose is" not in _refusal(desk, POLICY)


def _effects(desk: Desk) -> None:
    assert sent(ruled(desk, "{}")) == ["Hello"]
    nothing = asking(desk, policy=POLICY.replace("{say: {}}", "{}"))
    assert any(one.severity == "error" for one in nothing.findings())


def _automatic(desk: Desk) -> None:
    may = decided(claims(desk, CLAIMS))
    may_not = claims(desk, CLAIMS, granted=False, policy=CLAIMS_POLICY.replace("{automatic: true}", "{}"))
    assert may == "approve"
    assert may_not.codes() != [] or decided(may_not) == "waits"


def _reviewers(desk: Desk) -> None:
    rule = "{reviewers: [lea]}"
    assert [sent(ruled(desk, rule), user=user) for user in ("nora", "lea")] == [[], ["Hello"]]
    assert sent(ruled(desk, "{}")) == ["Hello"]


MONEY = "{money: {tool: amount_of, at_most: 10}}"


def _money(desk: Desk) -> None:
    assert [sent(ruled(desk, rule), "x" * 11) for rule in (MONEY, "{}")] == [[], ["x" * 11]]


def _at_most(desk: Desk) -> None:
    told = [sent(ruled(desk, MONEY.replace("10", most)), "x" * 11) for most in ("10", "11")]
    assert told == [[], ["x" * 11]]


def _money_tool(desk: Desk) -> None:
    assert [sent(ruled(desk, MONEY), "x" * n) for n in (10, 11)] == [["x" * 10], []]
    assert any(one.severity == "error" for one in ruled(desk, MONEY.replace("amount_of", "nobody")).findings())


def _argument(desk: Desk) -> None:
    told = [sent(ruled(desk, "{money: {argument: text, at_most: 10}}"), text) for text in ("Hello", "7")]
    assert told[0] == []  # what is no number is refused, never taken for nothing
    assert sent(ruled(desk, "{}")) == ["Hello"]


def _automatic_at_most(desk: Desk) -> None:
    rule = "{automatic: true, money: {tool: worth, at_most: 100, automatic_at_most: 40}}"
    told: list[str] = []
    for one in (rule, rule.replace(", automatic_at_most: 40", "")):
        where = claims(desk, CLAIMS, granted=False, policy=CLAIMS_POLICY.replace("{automatic: true}", one))
        where.write({"tools/worth.py": WORTH})
        from tests.support.certificates import grant

        with where.open() as project:
            grant(project, "main", "look")
        told.append(decided(where))
    assert told == ["waits", "approve"]


WORTH = '''\
from compound.tool import tool


@tool
def worth(number: str, text: str) -> float:
    """What a letter is worth."""
    return 50.0
'''


def _second(desk: Desk) -> None:
    where = ruled(desk, "{second: true}")
    item = waits(where)
    assert (decide(where, item, user="ann"), where.replies(), shown(where, item)["status"]) == (
        "",
        [],
        "awaiting_second",
    )
    assert decide(where, item, user="ann") == "review.second-approver"
    assert (decide(where, item, user="bob"), where.replies()) == ("", ["Hello"])
    assert sent(ruled(desk, "{}")) == ["Hello"]


def _undo(desk: Desk) -> None:
    where = ruled(desk, "{undo: 15m}")
    item = waits(where)
    assert (decide(where, item), where.replies()) == ("", [])
    assert where.say("review", "undo", item, "--user", "nora").code == 0
    assert shown(where, item)["status"] == "in_review"
    at_once = ruled(desk, "{}")
    assert sent(at_once) == ["Hello"]


def certified(desk: Desk, policy: str, *, graph: str = CLAIMS, rows: int = 22) -> str:
    where = claims(desk, graph, granted=False, policy=policy)
    label(where.root, good(rows))
    return where.say("certify", "main", "--suite", "letters", "--dry-run").out


def _automatic_block(desk: Desk) -> None:
    without = claims(desk, CLAIMS, granted=False, policy=CLAIMS_POLICY[: CLAIMS_POLICY.index("automatic: {error")])
    assert "graph.auto-never" in " ".join(without.codes()) or without.codes() != []
    assert decided(claims(desk, CLAIMS)) == "approve"


def _error_at_most(desk: Desk) -> None:
    told = [certified(desk, CLAIMS_POLICY.replace("10%", error)) for error in ("10%", "5%")]
    assert ["would be certified" in one for one in told] == [True, False]


def _confidence(desk: Desk) -> None:
    told = [certified(desk, CLAIMS_POLICY.replace("90%", sure)) for sure in ("90%", "99%")]
    assert ["would be certified" in one for one in told] == [True, False]


def _audit_share(desk: Desk) -> None:
    told = [
        decided(claims(desk, CLAIMS, policy=CLAIMS_POLICY.replace("audit_share: 0%", f"audit_share: {share}")))
        for share in ("100%", "0%")
    ]
    assert told == ["waits", "approve"]


def _thresholds(desk: Desk) -> None:
    policy = CLAIMS_POLICY.replace("audit_share: 0%", "audit_share: 0%, thresholds: [0.9]")
    where = claims(desk, SCORED, granted=False, policy=policy)
    label(where.root, good(22))
    assert where.say("certify", "main", "--suite", "letters", "--user", "eva", "--json").json["threshold"] == 0.9
    without = claims(desk, SCORED, granted=False)
    label(without.root, good(22))
    assert without.say("certify", "main", "--suite", "letters", "--user", "eva", "--json").json["threshold"] is None


def _pruned(desk: Desk, retention: str) -> str:
    graph = "compound: graph/v1\nname: main\npolicy: rules\ninput: {text: str}\noutput: {a: $a}\n"
    graph += "nodes:\n  a: {use: tool, tool: echo, in: {text: $input.text}, out: str}\n"
    policy = f"compound: policy/v1\nname: rules\neffects: {{}}\n{retention}"
    where = world(desk, {"graphs/main.yaml": graph, "graphs/policies/rules.yaml": policy})
    run_id = where.run({"text": "a secret"}).run_id
    with where.open() as project:
        project.prune(now=time.time() + 45 * DAY)
    return where.say("traces", "show", run_id, "--json").out


def _content(desk: Desk) -> None:
    assert "a secret" in _pruned(desk, "")
    assert "a secret" not in _pruned(desk, "retention: {content: 30d}\n")


def _traces(desk: Desk) -> None:
    gone, kept = (_pruned(desk, f"retention: {{content: 30d{word}}}\n") for word in (", traces: 40d", ""))
    assert ("echo" in kept or '"a"' in kept, "span" in gone and '"a"' in gone) == (True, False), (gone, kept)


def _retention(desk: Desk) -> None:
    assert "a secret" in _pruned(desk, "retention: {}\n")
    assert "a secret" not in _pruned(desk, "retention: {content: 36h}\n")


def _canaries(desk: Desk) -> None:
    waiting = list[int]()
    for key in ("canaries: 50%\n", ""):
        where = asking(desk, policy=POLICY + key)
        for text in ("It costs 20 euros.", "It costs 30 euros."):
            assert not decide(where, waits(where, text))
        waiting.append(len(listed(where)))
    assert waiting == [1, 0]


KEYS = (
    Key("policy", "compound", _compound),
    Key("policy", "name", _name),
    Key("policy", "description", _description),
    Key("policy", "effects", _effects),
    Key("policy", "effects.*.automatic", _automatic),
    Key("policy", "effects.*.queue", effect_review),
    Key("policy", "effects.*.reviewers", _reviewers),
    Key("policy", "effects.*.money", _money),
    Key("policy", "effects.*.money.argument", _argument),
    Key("policy", "effects.*.money.tool", _money_tool),
    Key("policy", "effects.*.money.at_most", _at_most),
    Key("policy", "effects.*.money.automatic_at_most", _automatic_at_most),
    Key("policy", "effects.*.second", _second),
    Key("policy", "effects.*.undo", _undo),
    Key("policy", "automatic", _automatic_block),
    Key("policy", "automatic.error_at_most", _error_at_most),
    Key("policy", "automatic.confidence", _confidence),
    Key("policy", "automatic.audit_share", _audit_share),
    Key("policy", "automatic.thresholds", _thresholds),
    Key("policy", "canaries", _canaries),
    Key("policy", "retention", _retention),
    Key("policy", "retention.content", _content),
    Key("policy", "retention.traces", _traces),
)
