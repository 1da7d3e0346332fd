"""Every key of every declared file has an effect that a user can see; a key that has none is a defect."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import compound
from compound.project.settings.keys import VARIABLES
from tests.project.keys.declared import FILES, declared_keys
from tests.project.keys.table import Desk, Key

_HERE = Path(__file__).parent
_MODULES = tuple(
    f"tests.project.keys.{path.parent.name}.{path.stem}"
    for folder in ("graph", "rows")
    for path in sorted((_HERE / folder).glob("*_keys.py"))
)
for _module in _MODULES:
    pytest.register_assert_rewrite(_module)
ROWS: tuple[Key, ...] = tuple(key for module in _MODULES for key in import_module(module).KEYS)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes long to make is made once."""
    return tmp_path_factory.mktemp("keys")


@pytest.mark.parametrize("key", ROWS, ids=str)
def test_a_key_is_seen(key: Key, tmp_path: Path, shared: Path) -> None:
    key.seen(Desk(tmp_path, shared))


@pytest.mark.parametrize("file", FILES)
def test_every_key_has_a_row_and_every_row_a_key(file: str) -> None:
    rows = [key.path for key in ROWS if key.file == file]
    keys = declared_keys(file)
    without_row = sorted(f"{file}: {path}" for path in keys - set(rows))
    without_key = sorted(f"{file}: {path}" for path in set(rows) - keys)
    twice = sorted({f"{file}: {path}" for path in rows if rows.count(path) > 1})
    assert (without_row, without_key, twice) == ([], [], [])


def test_a_row_is_of_a_known_file() -> None:
    assert [str(key) for key in ROWS if key.file not in FILES] == []


def test_every_variable_that_is_read_is_declared() -> None:
    sources = Path(compound.__file__).parent.rglob("*.py")
    named = {name for path in sources for name in re.findall(r'"(COMPOUND_[A-Z_]+)"', path.read_text("utf-8"))}
    assert named == set(VARIABLES)
