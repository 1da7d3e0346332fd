"""What a decision is held against: the other open review, the graph as it is now, the checks inside a repeat."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desks.bank_commands import flat, refused, say, view
from tests.support.desks.bank_desk import GRAPH, TOOLS, Bank


def with_risk(root: Path, *, apart: bool = False) -> Bank:
    """Two open reviews before the same effects; `apart`: each has a field of its own in one of them."""
    risk = "  risk:\n    use: review\n    queue: risk\n    show: [$input.ticket, $draft, $plan]\n    decide: OFFER\n"
    graph = GRAPH.replace("  apply:\n    use: effect", f"{risk}  apply:\n    use: effect")
    graph = graph.replace(
        "when: review.action != 'reject'", "when: review.action != 'reject' and risk.action != 'reject'"
    )
    if apart:
        graph = graph.replace("edit: {text: str, actions: json}", "edit: {actions: json}")
        graph = graph.replace("$review.text ?? ", "$risk.text ?? ")
    return Bank(root, graph=graph.replace("OFFER", f"{{approve: {{}}, {'edit: {text: str}, ' * apart}reject: {{}}}}"))


def both(bank: Bank) -> dict[str, str]:
    """Review node to its item."""
    with bank.open() as project:
        made = project.run(None, {"ticket": {"id": "T-1", "body": "Please."}})
        return {project.reviews().show(one).node: one for one in made.review_ids}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("order", [("review", "risk"), ("risk", "review")])
def test_two_reviews_before_one_effect_are_decided_once_each(
    order: tuple[str, str], apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = with_risk(tmp_path, apart=apart)
    items = both(bank)
    shown = [one["name"] for one in view(bank, items["review"])["effects"]["approve"]]
    shown += [one["name"] for one in view(bank, items["risk"])["effects"].get("approve", [])]
    assert shown == ["credit", "tell_customer"]
    said = flat(say(bank, "review", "show", items["review"], monkeypatch=monkeypatch))
    assert "credit (shop), if review.action != 'reject' and risk.action != 'reject'" in said
    for node in order:
        assert bank.applied() == 0
        say(bank, "review", "approve", items[node], "--user", node, monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_what_the_other_review_changed_is_shown_before_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = with_risk(tmp_path)
    items = both(bank)
    say(bank, "review", "reject", items["risk"], "--user", "ann", monkeypatch=monkeypatch)
    error = refused(bank, "review", "approve", items["review"], "--user", "bob", monkeypatch=monkeypatch)
    assert error.code == "review.drafted-again"
    assert view(bank, items["review"])["effects"] == {}
    say(bank, "review", "approve", items["review"], "--user", "bob", monkeypatch=monkeypatch)
    assert (bank.applied(), bank.letters()) == (0, [])


LOUDER = """

@tool
def louder(value: Letter) -> Letter:
    return {"text": value["text"].upper()}
"""


@pytest.mark.parametrize("user", ["ann", "bob"])
def test_an_item_whose_graph_was_migrated_is_shown_again_and_decided(
    user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path, files={"tools/bank.py": TOOLS + LOUDER})
    item = bank.ask()
    say(bank, "review", "claim", item, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "release", item, "--user", "ann", monkeypatch=monkeypatch)
    moved = GRAPH.replace("draft:", "letter:").replace("$draft", "$letter")
    moved = moved.replace(
        "name: main\n", "name: main\non_change: migrate\nmigrations: {letter: {from: draft, tool: louder}}\n"
    )
    (tmp_path / "graphs/main.yaml").write_text(moved)
    before = view(bank, item)
    error = refused(bank, "review", "approve", item, "--user", user, monkeypatch=monkeypatch)
    assert error.code == "review.drafted-again"
    shown = view(bank, item)
    assert (shown["status"], shown["draft"]) == ("pending", "WE CREDIT YOU.")
    assert shown["version"] > before["version"]
    assert any("changed" in reason for reason in shown["reasons"])
    assert (bank.applied(), bank.letters(), shown["decisions"]) == (0, [], [])
    version = str(shown["version"])
    say(bank, "review", "approve", item, "--version", version, "--user", user, monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["WE CREDIT YOU."])


def test_an_item_of_a_migrated_graph_is_edited_and_offers_what_the_new_graph_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path)
    item, other = bank.ask("1"), bank.ask("2")
    moved = GRAPH.replace("name: main\n", "name: main\non_change: migrate\n")
    moved = moved.replace("wrong_fact, policy, other", "unclear")
    (tmp_path / "graphs/main.yaml").write_text(moved)
    edit = ("review", "edit", item, "--text", "Here it is.", "--user", "ann")
    assert refused(bank, *edit, monkeypatch=monkeypatch).code == "review.drafted-again"
    assert view(bank, item)["offers"]["reject"] == {"reason": "enum(unclear)"}
    say(bank, *edit, monkeypatch=monkeypatch)
    assert bank.letters() == ["Here it is."]
    say(bank, "review", "reject", other, "--reason", "policy", "--user", "ann", monkeypatch=monkeypatch)
    assert bank.letters() == ["Here it is."]


ROUNDS = """\
  writing:
    repeat: {max: 2, until: polite.ok}
    nodes:
      letter: {use: tool, tool: write_letter, in: {plan: $plan, wrong: $previous.polite.problems?}}
      polite: {use: check, kind: polite, in: {text: $letter.text}}
OUT"""
WRITES = TOOLS.replace("write_letter(plan: Plan)", "write_letter(plan: Plan, wrong: list[str] | None)")
POLITE = """\


from compound.tool import Verdict, check


@check("polite")
def polite(text: str) -> Verdict:
    bad = [word for word in ("damn", "fool") if word in text]
    return Verdict(ok=not bad, problems=[f"it says {word}" for word in bad])
"""


@pytest.mark.parametrize(
    ("out", "text"),
    [
        ("", "$writing.letter.text"),
        ("    out: {text: $letter.text, verdict: $polite}\n", "$writing.text"),
        ("    out: {text: $letter.text}\n", "$writing.text"),
        ("    out: {said: {words: $letter.text}}\n", "$writing.said.words"),
    ],
)
def test_checks_inside_a_repeat_are_run_again_for_an_edit(
    out: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = GRAPH.replace("  draft: {use: tool, tool: write_letter, in: {plan: $plan}}\n", ROUNDS.replace("OUT", out))
    graph = graph.replace("$draft.text", text).replace("$draft,", "$writing,")
    bank = Bank(tmp_path, graph=graph, files={"tools/bank.py": WRITES + POLITE})
    bank.set(text="We credit you, damn it.")
    item = bank.ask()
    rude = ("review", "edit", item, "--text", "We credit you, fool.", "--user", "ann")
    error = refused(bank, *rude, monkeypatch=monkeypatch)
    assert (error.code, "writing: polite: it says fool" in str(error)) == ("review.edit", True)
    assert (bank.applied(), view(bank, item)["decisions"]) == (0, [])
    # what the check had against the letter before is no reason against an edit
    say(bank, *rude[:4], "We credit you, damn.", "--user", "ann", monkeypatch=monkeypatch)
    assert bank.letters() == ["We credit you, damn."]


def test_an_edit_that_a_check_inside_a_repeat_cannot_see_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = ROUNDS.replace("in: {text: $letter.text}}", "in: {text: $letter.text, plan: $again}}")
    rounds = rounds.replace(
        "      polite:", "      again: {use: tool, tool: plan_credits, in: {ticket: $input.ticket}}\n      polite:"
    )
    graph = GRAPH.replace(
        "  draft: {use: tool, tool: write_letter, in: {plan: $plan}}\n",
        rounds.replace("OUT", "    out: {text: $letter.text}\n"),
    )
    graph = graph.replace("$draft.text", "$writing.text").replace("$draft,", "$writing,")
    tools = WRITES + POLITE.replace("def polite(text: str)", "def polite(text: str, plan: Plan)")
    bank = Bank(tmp_path, graph=graph, files={"tools/bank.py": tools})
    item = bank.ask()
    error = refused(bank, "review", "edit", item, "--text", "It is done.", "--user", "ann", monkeypatch=monkeypatch)
    assert error.code == "review.edit"
    assert "polite cannot check the change, because `out` of writing does not contain $again" in str(error)
    assert bank.applied() == 0
