"""The public names of Compound are those of `public_names.txt`: a change of them is a decision, not an accident.

python -m tests.unit.test_public_names writes the file.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import compound

LIST = Path(__file__).with_name("public_names.txt")
MOST = 25
"""Names of `compound` itself."""


def packages() -> list[str]:
    """`compound`, every package below it that says which names are public, and the errors."""
    found = [one.name for one in pkgutil.walk_packages(compound.__path__, "compound.") if one.ispkg]
    found.append("compound.errors")
    return [name for name in ("compound", *found) if hasattr(import_module(name), "__all__")]


def public_names() -> list[str]:
    """`package.name` of every public name, sorted."""
    return sorted(f"{package}.{name}" for package in packages() for name in import_module(package).__all__)


def test_the_names_are_those_of_the_list() -> None:
    listed = LIST.read_text(encoding="utf-8").splitlines()
    names = public_names()
    assert (sorted(set(names) - set(listed)), sorted(set(listed) - set(names))) == ([], [])
    assert listed == names


def test_every_name_is_there() -> None:
    missing = [
        f"{package}.{name}"
        for package in packages()
        for name in import_module(package).__all__
        if not hasattr(import_module(package), name)
    ]
    assert missing == []


def test_compound_itself_has_few_names() -> None:
    assert len(import_module("compound").__all__) <= MOST


@pytest.mark.parametrize("word", ["tool", "effect"])
@pytest.mark.parametrize(
    "program",
    [
        "import compound.{word}\nfrom compound import {word}",
        "from compound import {word}\nimport compound.{word}\nfrom compound import {word}",
        "from compound.{word} import {word} as first\nfrom compound import {word}",
        "from compound.{word} import {word}",
        "import compound\nimport compound.project\n{word} = compound.{word}",
        "import compound.{word} as {word}",
        "from compound import Project, check, solver, {word}\nfrom compound.graph import Engine",
    ],
)
def test_a_decorator_and_a_room_may_have_one_word(word: str, program: str) -> None:
    use = {
        "tool": "@tool\ndef f(a: int) -> int:\n    'It.'\n    return a\nassert (f.name, f(2)) == ('f', 2)\n"
        "@tool(name='g')\ndef h(a: int) -> int:\n    'It.'\n    return a\nassert h.name == 'g'\n",
        "effect": "from pydantic import BaseModel\nclass A(BaseModel):\n    a: int\n"
        "@effect('f', target='x')\ndef f(tx, args: A):\n    'It.'\nassert f.name == 'f'\n",
    }
    _succeeds(f"{program.format(word=word)}\n{use[word]}")


def test_a_room_may_be_imported_under_another_name() -> None:
    _succeeds("import compound.tool as t\nimport compound.effect as e\nassert t.keep and t.tool and e.TargetSetup\n")
    _succeeds("from compound import tool\nimport compound.tool as t\nassert t.keep and t is tool\n")


def _succeeds(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in public_names()), encoding="utf-8")
