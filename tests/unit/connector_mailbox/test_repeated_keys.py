"""A record whose key comes twice is refused: nobody knows which of the two was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.data.mailboxes import Item, MailboxProblem, read_items
from tests.support.desks.reply_desk import ReplyDesk, ticket

TWICE = {
    "at the top": '{"id": "t2", "body": "cancel #1", "body": "cancel #2"}',
    "the id": '{"id": "t2", "id": "t3", "body": "hello"}',
    "the same value": '{"id": "t2", "body": "hello", "body": "hello"}',
    "written differently": '{"id": "t2", "body": "a", "bod\\u0079": "b"}',
    "in an object": '{"id": "t2", "body": "hello", "subject": {"a": 1, "a": 2}}',
    "in a list in an object": '{"id": "t2", "body": "hello", "subject": {"a": [1, {"b": [], "b": null}]}}',
    "a key of no ticket": '{"id": "t2", "body": "hello", "x": 1, "x": 2}',
    "an empty key": '{"id": "t2", "body": "hello", "": 1, "": 2}',
}


@pytest.mark.parametrize("line", TWICE.values(), ids=TWICE.keys())
def test_a_key_that_comes_twice_is_a_dead_letter_with_its_line(tmp_path: Path, line: str) -> None:
    desk = ReplyDesk(tmp_path)
    source = tmp_path / "t.jsonl"
    source.write_text(json.dumps(ticket("t1")) + "\n\n" + line + "\n" + json.dumps(ticket("t4")) + "\n")
    summary = desk.batch("--from", str(source), code=3)
    (letter,) = summary["dead"]
    assert (letter["code"], letter["file"], letter["line"]) == ("item.duplicate-key", str(source), 3)
    assert letter["is_readable"] is False
    assert letter["fix"]
    assert desk.sent_to() == ["t1", "t4"]


def test_a_key_may_stand_in_two_objects_and_numbers_and_depth_do_no_harm(tmp_path: Path) -> None:
    source = tmp_path / "t.jsonl"
    many = "1" * 6000
    lines = [
        '{"id": "a", "body": "{\\"b\\": 1, \\"b\\": 2}"}',
        '{"id": "b", "body": "x", "subject": [{"a": 1}, {"a": 2}]}',
        f'{{"id": "c", "body": "x", "subject": {many}}}',
        '{"id": "d", "body": "x", "subject": ' + "[" * 1000 + "]" * 1000 + "}",
    ]
    source.write_text("\n".join(lines))
    found = list(read_items(source))
    assert isinstance(found[0], Item)
    codes = [one.error.code for one in found[1:] if isinstance(one, MailboxProblem)]
    assert len(codes) == 3
    assert "item.duplicate-key" not in codes


def test_a_published_task_with_a_key_twice_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    source = tmp_path / "tasks_x.json"
    source.write_text(
        '[{"id": 1, "instruction": "a"}, {"id": 2, "instruction": "b", "user": {"x": 1, "x": 2}},'
        ' {"id": 3, "instruction": "c"}]'
    )
    first, second, third = read_items(source)
    assert isinstance(first, Item)
    assert isinstance(third, Item)
    assert isinstance(second, MailboxProblem)
    assert (second.error.code, second.line) == ("item.duplicate-key", 2)


@pytest.mark.parametrize("option", ["--item", "--input"])
def test_an_item_of_the_command_line_too(tmp_path: Path, option: str) -> None:
    desk = ReplyDesk(tmp_path)
    given = TWICE["at the top"] if option == "--item" else f'{{"ticket": {TWICE["in an object"]}}}'
    refused = desk.run("run", "main", option, given)
    assert refused.exit_code == 1
    assert "[item.duplicate-key]" in refused.stderr
    assert desk.replies() == []
