"""A room stays small: at most 15 modules a folder, 400 lines a file, 50 lines a function.

Circles are the import contracts' matter.
"""

from __future__ import annotations

import pytest

from tests.structure import (
    MOST_FILES,
    MOST_LINES,
    MOST_LINES_OF_A_FUNCTION,
    files_a_folder,
    lines_a_file,
    lines_a_function,
    modules,
    private_tests,
)

PRODUCT = ("compound", "tools", "connectors", "evals")
LIST_OF_TABLES = "compound/connector/state/migrations/versions/0001_first_schema.py:upgrade"
"""The one long function: a migration creates its tables one after the other."""


@pytest.mark.parametrize("top", [*PRODUCT, "tests"])
def test_a_folder_has_few_modules(top: str) -> None:
    assert {name: count for name, count in files_a_folder(top).items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("top", PRODUCT)
def test_a_file_is_short(top: str) -> None:
    assert {name: count for name, count in lines_a_file(top).items() if count > MOST_LINES} == {}


@pytest.mark.parametrize("top", PRODUCT)
def test_a_function_is_short(top: str) -> None:
    long = {name: count for name, count in lines_a_function(top) if count > MOST_LINES_OF_A_FUNCTION}
    assert set(long) == ({LIST_OF_TABLES} if top == "compound" else set())


def test_few_tests_import_private_names() -> None:
    assert len(private_tests()) < len(modules("tests")) / 10
