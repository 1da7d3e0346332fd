"""A library that lends books, by declarations and a little Python: its own tables, effects, mailbox and German letters."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from compound.project import Project
from tests.project.keys.table import Place

LIBRARY = Path(__file__).parent / "library"
ROWS = {
    "readers": """SELECT * FROM (VALUES ('R-1', 'Ada Kern', 'ada@example.org'), ('R-2', 'Jan Pohl', 'jan@example.org'),
        ('R-3', 'Lena Voss', 'lena@example.org')) t(reader_id, name, email)""",
    "books": """SELECT * FROM (VALUES ('B-1', 'Der Prozess', 'Kafka', false), ('B-2', 'Das Schloss', 'Kafka', false),
        ('B-3', 'Die Verwandlung', 'Kafka', false), ('B-4', 'Amerika', 'Kafka', true)) t(book_id, title, author, reserved)""",
    "loans": """SELECT * FROM (VALUES ('L-1', 'R-1', 'B-1', '2026-12-01', 0, 0.0), ('L-2', 'R-1', 'B-2', '2026-12-03', 1, 0.0),
        ('L-3', 'R-2', 'B-3', '2026-11-20', 0, 2.5), ('L-4', 'R-3', 'B-4', '2026-12-05', 0, 0.0))
        t(loan_id, reader_id, book_id, due, extensions, fee)""",
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    import duckdb

    root = tmp_path / "library"
    shutil.copytree(LIBRARY, root)
    (root / "lakehouse").mkdir()
    for name, rows in ROWS.items():
        duckdb.sql(f"COPY ({rows}) TO '{root}/lakehouse/{name}.parquet'")
    made = Place(root)
    said = made.say("seed")
    assert said.code == 0, said.err
    return made


@contextmanager
def opened(place: Place) -> Generator[Project]:
    with closing(Project.open(place.root)) as project:
        yield project


def loan(place: Place, loan_id: str) -> Any:
    """A row of the library's own table."""
    with opened(place) as project:
        return project.resources.records["loans"].export()["loans"][loan_id]


def letters(place: Place) -> dict[str | None, str]:
    """What readers were told, by their letter."""
    with opened(place) as project:
        return {one.item_id: one.text for one in project.resources.mailboxes["post"].replies()}


def batched(place: Place) -> dict[str, str]:
    """Run every letter of the mailbox; item by letter."""
    said = place.say("batch", "--from", "post", "--json")
    assert said.code == 0, said.err
    assert (said.json["counts"], said.json["dead"]) == ({"waiting_review": 4}, []), said.out
    return {one["item_id"]: one["review_id"] for one in place.say("review", "list", "--json").json}


def test_it_is_small_and_nothing_in_it_is_retail() -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    python = sum(len(path.read_text().splitlines()) for path in files if path.suffix == ".py")
    assert python < 150
    words = re.compile(r"\b(shop|desk|lane|refund|by_action)s?\b", re.IGNORECASE)
    assert [str(path) for path in files if words.search(path.read_text(encoding="utf-8"))] == []


def test_check_proves_it(place: Place) -> None:
    assert place.codes() == []


def test_a_batch_of_letters_waits_for_a_librarian_and_goes_on_where_it_stopped(place: Place) -> None:
    assert set(batched(place)) == {"brief-1", "brief-2", "brief-3", "brief-4"}
    assert batched(place)
    assert letters(place) == {}


def test_an_approval_changes_the_loan_and_writes_the_letter_once(place: Place) -> None:
    item = batched(place)["brief-1"]
    shown = place.say("review", "show", item).out
    assert "extend_loan" in shown
    assert "„Der Prozess“ können Sie zwei Wochen länger behalten." in shown
    said = place.say("review", "approve", item)
    assert said.code == 0, said.err
    assert (loan(place, "L-1")["due"], loan(place, "L-1")["extensions"]) == ("2026-12-15", 1)
    assert loan(place, "L-2")["due"] == "2026-12-03"
    assert letters(place)["brief-1"].startswith("Guten Tag Ada Kern,\n„Der Prozess“")
    assert place.say("review", "approve", item).code != 0
    assert loan(place, "L-1")["extensions"] == 1


def test_an_edit_does_and_says_what_the_librarian_wrote(place: Place) -> None:
    item = batched(place)["brief-2"]
    said = place.say("review", "edit", item, "--field", "text=Guten Tag, die Gebühr von 2,50 Euro entfällt.")
    assert said.code == 0, said.err
    assert loan(place, "L-3")["fee"] == 0.0
    assert letters(place) == {"brief-2": "Guten Tag, die Gebühr von 2,50 Euro entfällt."}


def test_a_letter_that_says_too_little_is_asked_back(place: Place) -> None:
    item = batched(place)["brief-3"]
    assert place.say("review", "approve", item).code == 0
    assert "um welches Buch es geht" in letters(place)["brief-3"]
    assert loan(place, "L-3")["extensions"] == 0


def test_a_book_that_somebody_waits_for_is_not_extended(place: Place) -> None:
    item = batched(place)["brief-4"]
    said = place.say("review", "approve", item)
    assert said.code != 0
    assert "somebody waits for Amerika" in said.err + said.out
    assert (loan(place, "L-4")["extensions"], letters(place)) == (0, {})


def test_a_loan_that_changed_meanwhile_makes_the_draft_stale(place: Place) -> None:
    item = batched(place)["brief-1"]
    with opened(place) as project, project.resources.records["loans"].transaction() as tx:
        found: Any = tx.get("loans", "L-1")
        found["fee"] = 1.0
    said = place.say("review", "approve", item)
    assert said.code != 0
    assert "loans/L-1" in said.err
    assert letters(place) == {}


def test_an_evaluation_scores_the_plans_on_copies(place: Place) -> None:
    said = place.say("eval", "answers", "--json", "-")
    assert said.code == 0, said.err
    score = said.json["scores"]["same_actions"]
    assert (said.json["errors"], score["n"], score["value"]) == ([], 4, 1.0)
    assert (loan(place, "L-1")["extensions"], letters(place)) == (0, {})


def test_a_typo_in_a_target_is_found_with_the_real_ones(place: Place) -> None:
    place.edit("tools/library.py", 'target="post"', 'target="mail"')
    (found,) = place.findings()
    assert (found.code, found.where.file) == ("effect.unknown-target", "tools/library.py")
    assert "loans, post" in found.fix
