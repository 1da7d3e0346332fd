"""Tickets in: whatever is in a source, reading goes on and each problem names its place."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.errors import ConnectorError
from compound.spec.mailbox_file import ItemRules, MailboxFile
from tests.support.data.mailboxes import Item, MailboxProblem, read_items

GOOD = b'{"id": "t%d", "subject": "Hi", "body": "Where is my lamp?", "email": null}'
SHARED = Path(__file__).resolve().parents[3] / "../shared/data"

BAD: Mapping[str, tuple[bytes, str, str | None]] = {
    "broken UTF-8": (b'{"id": "x", "body": "caf\xe9"}', "item.not-utf8", "x"),
    "half a surrogate pair": (b'{"id": "x", "body": "\\ud800"}', "item.bad-json", "x"),
    "not JSON": (b'{"id": "x", "body": ', "item.bad-json", "x"),
    "not an object": (b'["x"]', "item.not-an-object", None),
    "an unknown field": (b'{"id": "x", "body": "b", "emial": "a@b.c"}', "item.unknown-field", "x"),
    "no id": (b'{"body": "b"}', "item.missing-id", None),
    "an id that is a number": (b'{"id": 7, "body": "b"}', "item.missing-id", None),
    "an id of blanks": (b'{"id": "  ", "body": "b"}', "item.missing-id", None),
    "no body": (b'{"id": "x", "subject": "s"}', "item.bad-field", "x"),
    "a body that is a list": (b'{"id": "x", "body": ["b"]}', "item.bad-field", "x"),
    "an empty body": (b'{"id": "x", "subject": "s", "body": " \\n"}', "item.empty-body", "x"),
    "nothing at all": (b'{"id": "x", "body": ""}', "item.empty", "x"),
    "a body of 1 MB": (b'{"id": "x", "body": "' + b"b" * 1_000_000 + b'"}', "item.too-large", "x"),
    "a line of 5 MB": (b'{"id": "x", "body": "' + b"b" * 5_000_000 + b'"}', "item.too-large", "x"),
    "an id that stood before": (GOOD % 0, "item.duplicate-id", None),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_stands_in_its_place_and_reading_goes_on(name: str, tmp_path: Path) -> None:
    raw, code, ticket_id = BAD[name]
    source = tmp_path / "tickets.jsonl"
    source.write_bytes(b"\xef\xbb\xbf" + GOOD % 0 + b"\r\n\n" + raw + b"\n" + GOOD % 1)
    first, problem, last = read_items(source)
    assert [entry.id for entry in (first, last) if isinstance(entry, Item)] == ["t0", "t1"]
    assert isinstance(problem, MailboxProblem)
    assert (problem.line, problem.item_id, problem.error.code) == (3, ticket_id, code)
    assert f"{source}:3: " in str(problem.error)
    assert len(str(problem.error)) < 600


@given(st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" ")), max_size=8))
def test_any_bytes_are_read_to_the_end(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    source = tmp_path_factory.mktemp("any") / "tickets.jsonl"
    source.write_bytes(b"\n".join([*lines, GOOD % 1]))
    entries = list(read_items(source, ItemRules(max_line_bytes=100)))
    assert isinstance(entries[-1], Item)
    filled = [
        line for index, line in enumerate(lines) if (line.removeprefix(b"\xef\xbb\xbf") if index == 0 else line).strip()
    ]
    assert len(entries) == len(filled) + 1


def test_a_file_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    source = tmp_path / "tickets.jsonl"
    source.write_bytes(b"\n".join(GOOD % index for index in range(3)))
    entries = read_items(source)
    first = next(entries)
    assert isinstance(first, Item)
    assert (first.subject, first.body, first.email) == ("Hi", "Where is my lamp?", None)
    assert len(list(entries)) == 2


def test_a_source_that_is_not_there_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ConnectorError) as caught:
            list(read_items(path))
        assert caught.value.code == "mailbox.no-source"


def test_tasks_that_are_no_list_are_unreadable(tmp_path: Path) -> None:
    for text in ("{}", "[", ""):
        (tmp_path / "tasks_x.json").write_text(text)
        with pytest.raises(ConnectorError) as caught:
            list(read_items(tmp_path))
        assert caught.value.code == "mailbox.unreadable"


def test_tasks_of_every_shape_are_tickets(tmp_path: Path) -> None:
    told = {
        "known_info": "I am Ann.",
        "reason_for_call": "Cancel.",
        "task_instructions": "Be brief.",
        "unknown_info": "no",
    }
    tasks = [
        {"user_id": "ann", "instruction": "Cancel #W1.", "actions": []},
        {"id": "7", "user_scenario": {"instructions": told}},
        {"ticket": {"id": "own", "subject": "s", "body": "b"}},
        {"user_scenario": None},
        "no task",
    ]
    folder = tmp_path / "tau"
    folder.mkdir()
    (folder / "tasks_train.json").write_text(json.dumps(tasks))
    one, two, three, empty, wrong = read_items(folder)
    assert one == Item(id="tau-train-0", subject="", body="Cancel #W1.")
    assert two == Item(id="tau-train-7", subject="", body="I am Ann.\nCancel.\nBe brief.")
    assert three == Item(id="own", subject="s", body="b")
    assert isinstance(empty, MailboxProblem)
    assert (empty.item_id, empty.error.code) == ("tau-train-3", "item.empty")
    assert isinstance(wrong, MailboxProblem)
    assert wrong.line == 5


def test_a_delta_table_is_a_source(tmp_path: Path) -> None:
    from arro3.core import Array, DataType, Table
    from deltalake import write_deltalake

    rows = [("d1", "Hi", "Where is it?", "a@b.c"), ("d2", "", "", None), ("d3", "s", "b", None)]
    columns = {name: [row[index] for row in rows] for index, name in enumerate(("id", "subject", "body", "email"))}
    text = DataType.utf8()
    write_deltalake(tmp_path / "table", Table.from_pydict({name: Array(part, text) for name, part in columns.items()}))
    first, second, third = read_items(tmp_path / "table")
    assert first == Item(id="d1", subject="Hi", body="Where is it?", email="a@b.c")
    assert isinstance(second, MailboxProblem)
    assert (second.line, second.item_id, second.error.code) == (2, "d2", "item.empty")
    assert isinstance(third, Item)


def test_a_broken_delta_table_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "table/_delta_log").mkdir(parents=True)
    (tmp_path / "table/_delta_log/00000000000000000000.json").write_text("{")
    with pytest.raises(ConnectorError) as caught:
        list(read_items(tmp_path / "table"))
    assert caught.value.code == "mailbox.unreadable"


def test_the_project_s_own_file_is_valid() -> None:
    from compound.spec.yaml.reading import read_yaml_file

    path = Path(__file__).resolve().parents[3] / "connectors/desk.yaml"
    assert MailboxFile.model_validate(read_yaml_file(path).data) == MailboxFile()


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "count"), [("tau1_retail", 520), ("tau2_retail", 74)])
def test_every_published_task_is_a_ticket(folder: str, count: int) -> None:
    if not (SHARED / folder).is_dir() and not os.environ.get("CI"):
        pytest.skip("the reference data is not beside the project")
    entries = list(read_items(SHARED / folder))
    assert len(entries) == count
    assert all(isinstance(entry, Item) for entry in entries)
