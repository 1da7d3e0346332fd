"""Bad input of every kind through the real command: the error names the ticket or the file, and nothing is lost."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, cast

import pytest

from compound.graph.store.saver import CheckpointFile
from tests.e2e.bad_input import (
    BATCH,
    STACK,
    Models,
    as_lines,
    can_mount,
    desk_file,
    end_of,
    held,
    letters_of,
    on_small_disk,
    own_table,
    read_until,
    run_limited,
    stands,
    start,
    summary_of,
    until,
)
from tests.e2e.desk_homes import ROOT, Home, ending_of, plain_tickets

pytestmark = pytest.mark.timeout(300)
SHORT_WAIT = {"COMPOUND_LOCK_WAIT": "100ms"}


@pytest.fixture
def home(seeded: Home, tmp_path: Path) -> Home:
    """A seeded home of the test's own, which shares what is only read."""
    return seeded.lean(tmp_path / "home")


BROKEN = (
    # line, the dead letter's name (None: its place), code, words that a reader needs
    (b'{"id": "U-1", "subject": "s", "body": "hello", "colour": "red"}', "U-1", "item.unknown-field", "'colour'"),
    (b'{"id": "E-1", "subject": "s", "body": "  "}', "E-1", "item.empty-body", "its body is empty"),
    (b'{"id": "L-1", "body": "' + b"x" * (1 << 20) + b'"}', "L-1", "item.too-large", "1,048,576 bytes"),
    (b'{"id": "X-1", "subject": "caf\xc3", "body": "hello"}', "X-1", "item.not-utf8", "0xc3"),
    (b"Dear shop, this is no JSON", None, "item.bad-json", "not JSON"),
    (b'["J-1", "hello"]', None, "item.not-an-object", "a list, not an object"),
    (b"null", None, "item.not-an-object", "null, not an object"),
    (b'{"id": "T-1", "subject": "s", "body": 42}', "T-1", "item.bad-field", "'body' is a number"),
    (b'{"subject": "s", "body": "hello"}', None, "item.missing-id", "no id"),
    (b'{"id": "S-1", "body": "half \\ud83d a face"}', "S-1", "item.bad-json", "surrogate"),
    (b'{"id": "N\\u0000-1", "body": "hello"}', "N\0-1", "item.bad-field", "U+0000"),
    (b'{"id": "R-1", "body": "raw \x00 byte"}', "R-1", "item.bad-json", "control character"),
    (b'{"id": "P-000", "subject": "again", "body": "hello"}', None, "item.duplicate-id", "'P-000'"),
)


def mended(number: int) -> bytes:
    return json.dumps({"id": f"M-{number}", "subject": "", "body": "Hello, when do you open?"}).encode()


def test_a_desk_file_with_every_kind_of_broken_line(home: Home) -> None:
    good = as_lines(plain_tickets(home, 6))
    good[3] = good[3].replace(b"Hello", b"Hello \\u0000")  # odd, and a text all the same
    broken = [line for line, *_ in BROKEN]
    # Good ones among the broken ones, and the very last one.
    lines = [line for pair in zip(good[:5], broken, strict=False) for line in pair] + broken[5:] + good[5:]
    file = desk_file(home, lines)
    done = home.run(*BATCH)
    assert done.returncode == 3, done.stderr
    assert not any(sign in done.stdout + done.stderr for sign in STACK)
    assert f"{os.path.relpath(file, ROOT)}:2: item 'U-1': it has the unknown field 'colour'" in done.stderr
    assert f"{len(BROKEN)} could not be read: correct them in the file" in done.stderr
    assert "\0" not in done.stderr

    for (line, name, code, words), letter in zip(BROKEN, letters_of(home), strict=True):
        place, error = lines.index(line) + 1, letter["error"]
        assert letter["item_id"] == (name or f"tickets.jsonl:{place}")
        assert (error["code"], error["file"], error["line"]) == (code, str(file), place)
        assert words in error["what"]
        assert error["fix"]
    before = stands(home)
    assert sum(status in {"done", "waiting_review"} for status in before.values()) == len(good)

    # All but the last broken line are mended.
    desk_file(home, [mended(at) if line in broken[:-1] else line for at, line in enumerate(lines)])
    again = home.run(*BATCH, "--json")
    assert again.returncode == 3, again.stderr
    summary = summary_of(again)
    assert summary["ran"] == len(BROKEN) - 1
    (letter,) = summary["dead"]
    assert (letter["code"], letter["line"], letter["is_readable"]) == (
        BROKEN[-1][2],
        lines.index(broken[-1]) + 1,
        False,
    )
    after = stands(home)
    assert len(after) == len(lines)
    assert list(after.values()).count("dead") == 1
    assert {ticket: after[ticket] for ticket, status in before.items() if status != "dead"}.items() <= before.items()
    ending_of(home)


def few(home: Home, count: int = 6) -> Home:
    desk_file(home, as_lines(plain_tickets(home, count)))
    return home


def test_a_table_that_is_gone_is_said_before_any_ticket_runs(home: Home) -> None:
    few(home)
    table = own_table(home, "variants")
    table.rename(home.path / "away")
    refused = home.run(*BATCH)
    assert refused.returncode == 1
    assert f"but {table} does not exist [lakehouse.missing-table]" in refused.stderr
    assert "fix: restore it, or remove it from connectors/lakehouse.yaml" in refused.stderr
    assert not stands(home)


def test_a_table_that_needs_a_feature_which_the_reader_lacks(home: Home) -> None:
    few(home)
    table, feature = own_table(home, "variants"), "typeWidening"
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [feature], "writerFeatures": [feature]}
    (table / "_delta_log" / f"{1:020}.json").write_text(json.dumps({"protocol": protocol}) + "\n")
    refused = home.run(*BATCH, "--json")
    assert refused.returncode == 2
    findings = json.loads(refused.stdout)["error"]["findings"]
    error = next(one for one in findings if one["code"] == "lakehouse.delta-feature")
    assert error["file"] == "tools/customer_variants.sql"
    assert str(table) in error["what"]
    assert feature in error["what"]
    assert "rewrite the table without" in error["fix"]
    assert not any(sign in refused.stderr for sign in STACK)
    assert not stands(home)


def test_a_state_store_that_another_process_holds_is_waited_for(home: Home) -> None:
    """Longer than one wait: the tickets that were hit are tried again, and all of them end."""
    few(home, 12)
    process = start(home.given(**SHORT_WAIT), *BATCH, "--json", "--concurrency", "1")
    until(lambda: "running" in stands(home).values(), process)
    with held(home.path / "sample" / "state.db"):
        said = read_until(process, "batch.locked")
    code, out, rest = end_of(process)
    assert code == 0, rest
    assert re.search(r"item_id=P-\d+", said)
    assert "state.db is locked by another process" in said
    assert not any(sign in said + rest for sign in STACK)
    assert json.loads(out)["ran"] == len(stands(home)) == 12
    ending_of(home)


def test_a_state_store_that_is_held_from_the_beginning(home: Home) -> None:
    few(home)
    home.open().resources.state.close()
    with held(home.path / "sample" / "state.db"):
        refused = home.given(**SHORT_WAIT).run(*BATCH)
    assert refused.returncode == 1
    assert "state.db is locked by another process" in refused.stderr
    assert "[state.locked]\n  fix: end it, or try again" in refused.stderr
    assert not any(sign in refused.stderr for sign in STACK)
    assert not stands(home)


def test_checkpoints_that_another_process_holds_are_waited_for(home: Home) -> None:
    few(home)
    path = home.path / "sample" / "checkpoints.db"
    CheckpointFile.open(path).close()
    with held(path):
        process = start(home.given(**SHORT_WAIT), *BATCH)
        said = read_until(process, "batch.locked")
    code, _, rest = end_of(process)
    assert code == 0, rest
    assert "code=checkpoint.locked" in said
    assert f"the checkpoint file {path} is locked by another process" in said
    assert not any(sign in said + rest for sign in STACK)
    assert set(stands(home).values()) <= {"done", "waiting_review"}
    ending_of(home)


def test_a_shop_that_another_process_holds_makes_dead_letters_that_can_be_tried_again(home: Home) -> None:
    few(home)
    home.certify()
    path = home.path / "sample" / "shop.db"
    with held(path):
        process = start(home.given(**SHORT_WAIT), *BATCH)
        until(lambda: "dead" in stands(home).values(), process)
    code, _, said = end_of(process)
    assert code == 3
    assert len(stands(home)) == 6
    assert set(stands(home).values()) <= {"done", "waiting_review", "dead"}
    assert f"the record store {path} is locked by another process" in said
    assert "--retry-dead retries them" in said
    assert not any(sign in said for sign in STACK)
    for letter in letters_of(home):
        assert (letter["error"]["code"], letter["error"]["fix"]) == ("records.locked", "end it, or try again")
        assert letter["error"]["what"].startswith("node apply: ")
    again = home.run(*BATCH, "--retry-dead")
    assert again.returncode == 0, again.stderr
    ending_of(home)


STOPPED = re.compile(
    r"the batch stopped at item 'P-\d+', \d of 6 settled: .*/sample/(state|checkpoints)\.db .*"
    r"full.* \[(state|checkpoint)\.(disk|disk-full)\]\n  fix: .*; then the same command resumes"
)


@pytest.mark.soak
def test_files_that_cannot_grow_stop_the_batch_and_with_room_it_goes_on(home: Home) -> None:
    few(home)
    stopped = run_limited(home, 600 * 1024)
    assert stopped.returncode == 1
    assert STOPPED.search(stopped.stderr), stopped.stderr
    assert not any(sign in stopped.stdout + stopped.stderr for sign in STACK)
    assert len(stands(home)) == 6
    again = home.run(*BATCH)
    assert again.returncode == 0, again.stderr
    assert set(stands(home).values()) <= {"done", "waiting_review"}
    ending_of(home)


@pytest.mark.skipif(not can_mount(), reason="this user may not mount a small disk")
def test_a_full_disk_stops_the_batch_and_with_room_it_goes_on(home: Home, tmp_path: Path) -> None:
    few(home)
    on_small_disk(home, tmp_path / "disk", "700k")
    said = (home.path / "full.err").read_text()
    assert (home.path / "full.rc").read_text() == "1\n", said
    assert STOPPED.search(said), said
    assert not any(sign in said for sign in STACK)
    assert (home.path / "room.rc").read_text() == "0\n", (home.path / "room.err").read_text()
    assert len(stands(home)) == 6
    assert set(stands(home).values()) <= {"done", "waiting_review"}
    ending_of(home)


def test_an_answer_that_does_not_fit_its_type_brings_the_ticket_to_a_person(home: Home) -> None:
    tickets = plain_tickets(home, 4)
    desk_file(home, as_lines(tickets))
    odd = {tickets[0]["email"]: "I cannot say that in JSON.", tickets[1]["email"]: '{"actions": "cancel it"}'}
    with Models(odd) as variables:
        done = home.given(**variables).run(*BATCH, "--model", "anthropic", "--json")
    assert done.returncode == 0, done.stderr
    assert set(stands(home).values()) == {"waiting_review"}
    items = cast("list[dict[str, Any]]", home.json("review", "list"))
    reasons = {item["item_id"]: "\n".join(item["reasons"]) for item in items}
    assert "node plan gave no value: the answer does not match its schema" in reasons["P-000"]
    assert "it is not JSON" in reasons["P-000"]
    assert "$.actions: 'cancel it' is not array" in reasons["P-001"]
    assert "'confidence' is missing" in reasons["P-001"]
    assert "gave no value" not in reasons["P-002"] + reasons["P-003"]
