"""An `auto` rule inside a map decides the items that its certificate covers; the others ask a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.project.test_automation_needs_a_certificate import CERTIFY, cli
from tests.support.desks.claims_desk import CASES, claim, claims_desk, good, label, sent

GRAPH = """\
compound: graph/v1
name: main
policy: claims
types:
  Claim: {number: str, words: str, holder: str, trust: float}
input: {claims: "list[Claim]"}
output: {decisions: $answers}
nodes:
  answers:
    map: {each: $input.claims, as: claim}
    nodes:
      letter:
        use: llm
        model: clerk
        prompt: prompts/clerk.md
        in: {words: $claim.words}
        out: {text: str}
      sound: {use: tool, tool: is_sound, in: {words: $claim.words}, out: {ok: bool}}
      look:
        use: review
        queue: claims
        show: {draft: $letter, sound: $sound}
        decide: {approve: {}, edit: {text: str}, reject: {reason: "enum(wrong_fact, other)"}}
        auto: {when: sound.ok, key: $claim.holder}
      answer_claim:
        use: effect
        tool: send_letter
        when: look.action != 'reject'
        in: {number: $claim.number, text: "$look.text ?? $letter.text"}
    out: {action: $look.action, by_rule: $look.is_automatic}
"""


def run(root: Path, *claims: dict[str, Any]) -> dict[str, Any]:
    code, out = cli(root, "run", "main", "--input", json.dumps({"claims": claims}), "--json")
    assert code == 0, out
    return dict(json.loads(out))


def shown(root: Path, item: str) -> dict[str, Any]:
    return dict(json.loads(cli(root, "review", "show", item, "--json")[1]))


def test_the_rule_decides_what_is_certified(tmp_path: Path) -> None:
    cases = CASES.replace('input={"claim": row["claim"]}', 'input={"claims": [row["claim"], row["claim"]]}')
    desk = claims_desk(tmp_path, {"graphs/main.yaml": GRAPH, "evals/letters/cases.py": cases})
    code, out = cli(desk, "check")
    assert code == 0, out
    before = run(desk, claim(1), claim(2, words="an odd cup"))
    items = [shown(desk, one) for one in before["review_ids"]]
    assert [(one["node"], one["ready"]) for one in items] == [("answers[0].look", True), ("answers[1].look", False)]
    assert items[0]["reasons"] == ["not certified"]

    label(desk, good(22))
    code, out = cli(desk, *CERTIFY, "--json")
    made = json.loads(out)
    # Two drafts of one case are one observation.
    assert (code, made["certified"], made["node"], made["n"]) == (0, True, "answers.look", 22), out

    after = run(desk, claim(3), claim(4, words="an odd cup"), claim(5))
    assert (after["status"], len(after["review_ids"]), len(sent(desk))) == ("waiting_review", 1, 2)
    odd = shown(desk, after["review_ids"][0])
    assert odd["node"] == "answers[1].look"
    code, out = cli(desk, "review", "approve", odd["review_id"], "--json")
    assert (code, json.loads(out)["run_status"], len(sent(desk))) == (0, "done", 3)
