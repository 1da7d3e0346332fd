"""What a store holds is shown by a command, and a store that cannot be made is said, not left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compound.errors import CompoundError
from tests.support.commands import command
from tests.support.projects import write_project

STORE = """\
compound: records/v1
tables:
  plots: {key: [plot], columns: {plot: text, holder: text, fee: integer}}
  gifts: {key: [gift], columns: {gift: text}}
documents:
  plots: {table: plots, id: plot, shape: {plot: plot, holder: holder, fee: fee}}
  gifts: {table: gifts, id: gift, shape: {gift: gift}}
view: {root: plots}
"""
DATA = """\
from pathlib import Path

from compound.connector.lakehouse import write_table


def write(home: Path) -> None:
    rows = [{"plot": f"P-{n}", "holder": "Max" if n == 2 else "", "fee": 40} for n in (3, 1, 2)]
    write_table(home / "lakehouse", "plots", rows, mode="overwrite")
    write_table(home / "lakehouse", "gifts", [], schema={"gift": "VARCHAR"}, mode="overwrite")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_project(tmp_path, {"connectors/office.yaml": STORE, "tools/office.py": DATA})
    (tmp_path / "pyproject.toml").write_text('[tool.compound]\ngenerator = "tools.office:write"\n', encoding="utf-8")
    return tmp_path


def cli(root: Path, *arguments: str) -> str:
    result = command([*arguments], env={"COMPOUND_ROOT": str(root), "COLUMNS": "120"})
    if isinstance(result.exception, CompoundError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_rows_are_shown_by_key_and_limited(root: Path) -> None:
    cli(root, "seed")
    shown = cli(root, "store", "rows", "office")
    assert [line.split() for line in shown.splitlines() if "P-" in line] == [
        ["P-1", "40", "1"],
        ["P-2", "Max", "40", "1"],
        ["P-3", "40", "1"],
    ]
    assert "office.gifts" in shown
    assert "no rows" in shown
    found = json.loads(cli(root, "store", "rows", "office", "plots", "--limit", "2", "--json"))
    assert found == {
        "plots": [
            {"plot": "P-1", "holder": "", "fee": 40, "row_version": 1},
            {"plot": "P-2", "holder": "Max", "fee": 40, "row_version": 1},
        ]
    }


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        (("offic",), "project.unknown-store", "did you mean 'office'?"),
        (("mail",), "project.unknown-store", "choices: office"),
        (("office", "plot"), "records.unknown-table", "did you mean 'plots'?"),
    ],
)
def test_a_store_or_a_table_that_is_not_there_is_said_with_the_choices(
    root: Path, named: tuple[str, ...], code: str, says: str
) -> None:
    cli(root, "seed")
    with pytest.raises(CompoundError) as caught:
        cli(root, "store", "rows", *named)
    assert caught.value.code == code
    assert says in caught.value.fix


@pytest.mark.parametrize(
    ("first", "code", "says"),
    [
        ("compound: recods/v1", "file.unknown-kind", "did you mean 'records'?"),
        ("compound: suite/v1", "file.unknown-kind", "choices: mailbox, records"),
        ("# nothing", "file.unknown-kind", "records/v1"),
    ],
)
def test_a_connector_of_an_unknown_kind_is_said_by_seed(root: Path, first: str, code: str, says: str) -> None:
    (root / "connectors/office.yaml").write_text(STORE.replace("compound: records/v1", first), encoding="utf-8")
    with pytest.raises(CompoundError) as caught:
        cli(root, "seed")
    assert caught.value.code == code
    assert "connectors/office.yaml" in str(caught.value)
    assert says in str(caught.value)
