"""A room stays small: at most 15 modules a folder, at most 400 lines a file. Circles are the import contracts' matter."""

from __future__ import annotations

import pytest

from tests.structure import MOST_FILES, MOST_LINES, files_a_folder, lines_a_file, modules, private_tests

PRODUCT = ("compound", "tools", "connectors", "evals")


@pytest.mark.parametrize("top", [*PRODUCT, "tests"])
def test_a_folder_has_few_modules(top: str) -> None:
    assert {name: count for name, count in files_a_folder(top).items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("top", PRODUCT)
def test_a_file_is_short(top: str) -> None:
    assert {name: count for name, count in lines_a_file(top).items() if count > MOST_LINES} == {}


def test_few_tests_import_private_names() -> None:
    assert len(private_tests()) < len(modules("tests")) / 10
