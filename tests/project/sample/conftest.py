"""The sample package, mounted the way a project's Python is: below a package whose path is the root."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

import pytest

if TYPE_CHECKING:
    from connectors.sample import SampleData

ROOT = Path(__file__).resolve().parents[3]
MOUNT = "_sample_under_test"


class Sample(Protocol):
    POLICIES: Path
    COLUMNS: dict[str, dict[str, str]]
    PARTITIONS: dict[str, tuple[str, ...]]
    MIX: dict[str, int]

    def generate(self, seed: int = 7, tickets: int = 300, customers: int = 450) -> SampleData: ...
    def write(self, data: SampleData, directory: Path) -> None: ...
    def write_profile(self, home: Path, *, seed: int = 7, tickets: int = 300) -> dict[str, int]: ...
    def product_names_page(self) -> str: ...


@cache
def mounted(part: str = "connectors.sample") -> ModuleType:
    if MOUNT not in sys.modules:
        package = ModuleType(MOUNT)
        package.__path__ = [str(ROOT)]
        sys.modules[MOUNT] = package
    return importlib.import_module(f"{MOUNT}.{part}")


@pytest.fixture(scope="session")
def sample() -> Sample:
    return cast("Sample", mounted())


@pytest.fixture(scope="session")
def data(sample: Sample) -> SampleData:
    return sample.generate()


@pytest.fixture(scope="session")
def catalogue() -> ModuleType:
    return mounted("connectors.sample.shop.catalogue")


@pytest.fixture(scope="session")
def voices() -> ModuleType:
    return mounted("connectors.sample.wording")


@pytest.fixture(scope="session")
def rules() -> ModuleType:
    return mounted("tools.shop.rules")
