"""Which mailbox a conversation belongs to, how its words may be used, and who may name a conversation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project.conversations.helpline import FILES, GRAPH, PYPROJECT, batch, did, helpline, letter, shown, statuses

TWO = {
    "connectors/press.yaml": "compound: mailbox/v1\n",
    "pyproject.toml": PYPROJECT.replace('"letters.jsonl"', '"letters.jsonl", press = "press.jsonl"'),
}
ONE = json.dumps({"id": "m-2", "subject": "", "body": "Hurry.", "thread": 7})


def test_the_same_thread_of_two_mailboxes_is_two_conversations(tmp_path: Path) -> None:
    place = helpline(tmp_path, TWO)
    batch(place, letter("m-1", thread=7))
    place.write({"press.jsonl": json.dumps(letter("p-1", thread=7)) + "\n"})
    did(place.say("batch", "answer", "--from", "press"))
    assert statuses(place) == {"m-1": "pending", "p-1": "pending"}


def test_one_letter_says_its_mailbox_where_there_are_several(tmp_path: Path) -> None:
    place = helpline(tmp_path, TWO)
    batch(place, letter("m-1", thread=7))
    did(place.say("run", "answer", "--item", ONE, "--mailbox", "press"))
    assert statuses(place)["m-1"] == "pending"
    unknown = place.say("run", "answer", "--item", ONE, "--mailbox", "letters")
    assert "project.unknown-mailbox" in unknown.err
    assert "inbox, press" in unknown.err


def test_a_number_names_a_thread(tmp_path: Path) -> None:
    place = helpline(tmp_path)
    batch(place, letter("m-1", thread=7))
    did(place.say("run", "answer", "--item", ONE))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}


def test_a_graph_that_declares_the_thread_gets_it(tmp_path: Path) -> None:
    declared = GRAPH.replace("received_at: str?", "received_at: str?, thread: str?")
    place = helpline(tmp_path, {"graphs/answer.yaml": declared})
    batch(place, letter("m-1", thread=7))
    assert shown(place, "m-1")["item"]["thread"] == "7"


@pytest.mark.parametrize("wrong", [["7"], {"id": 7}, True, 1.5])
def test_a_thread_that_is_no_name_is_a_dead_letter(tmp_path: Path, wrong: object) -> None:
    place = helpline(tmp_path, {"letters.jsonl": json.dumps(letter("m-1", thread=wrong)) + "\n"})
    said = place.say("batch", "answer", "--from", "inbox", "--json")
    (dead,) = said.json["dead"]
    assert (dead["item_id"], dead["code"]) == ("m-1", "item.bad-field")
    assert "'thread'" in dead["what"]


def test_what_customers_wrote_may_not_say_whose_data_is_read(tmp_path: Path) -> None:
    first = "  first: {use: tool, tool: newest, in: {before: $before}, out: {text: str}}\n"
    where = "  also: {use: tool, tool: inbox_conversation, in: {item_id: $first.text}}\n"
    place = helpline(tmp_path, {"graphs/answer.yaml": GRAPH.replace("  draft:", f"{first}{where}  draft:")})
    assert "graph.tainted-key" in place.codes()


def test_a_model_may_not_choose_the_conversation_that_it_reads(tmp_path: Path) -> None:
    agent = """\
compound: graph/v1
name: asks
input: {letter: {id: str, body: str}}
output: {text: $answer.answer.text}
nodes:
  answer:
    use: agent
    model: writer
    prompt: prompts/answer.md
    tools: [TOOL]
    in: {body: $input.letter.body}
    out: {text: str}
"""
    bound = "{tool: inbox_conversation, with: {item_id: $input.letter.id}}"
    files = {
        "connectors/models.yaml": "compound: models/v1\nmodels: {writer: {id: claude-sonnet-4-5}}\n",
        "graphs/prompts/answer.md": "Answer {{ body }}",
        "graphs/asks.yaml": agent.replace("TOOL", "inbox_conversation"),
    }
    place = helpline(tmp_path, files)
    assert "graph.tainted-key" in place.codes()
    place.edit("graphs/asks.yaml", "inbox_conversation", bound)
    assert "graph.tainted-key" not in place.codes()


def test_a_mailbox_without_a_file_has_conversations_but_no_tool(tmp_path: Path) -> None:
    plain = GRAPH.replace("  before: {use: tool, tool: inbox_conversation, in: {item_id: $input.letter.id}}\n", "")
    plain = plain.replace(", before: $before", "").replace("[$draft, $before]", "[$draft]")
    files = {name: text.replace('"inbox"', '"mail"') for name, text in FILES.items() if "direct" not in name}
    files["tools/answers.py"] = (
        files["tools/answers.py"].replace(", before: list[JsonValue]", "").replace("in before", "in []")
    )
    place = helpline(tmp_path, {**files, "graphs/answer.yaml": plain})
    for name in ("connectors/inbox.yaml", "graphs/direct.yaml"):
        (tmp_path / name).unlink()
    place.edit("pyproject.toml", 'mailboxes = {inbox = "letters.jsonl"}\n', "")
    assert place.codes() == []
    batch(place, letter("m-1"), name="one.jsonl")
    batch(place, letter("m-2", thread="m-1"), name="two.jsonl")
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    tools = {one["name"] for one in place.say("tools", "list", "--json").json}
    assert not {one for one in tools if one.endswith("_conversation")}
