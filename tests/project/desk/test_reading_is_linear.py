"""What a stranger writes is read in time that grows with its length, not with its square.

Every reader gets the same odd texts at two lengths in a process of its own. Compared is the processor time of the two,
with a wide margin and a floor; a limit of processor time ends what does not end by itself.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHORT, LONGER, TIMES = 2_500, 5_000, 4
MOST_RATIO, FLOOR_S = 10, 0.15
"""Four times the text may take ten times as long: a square takes sixteen. Below the floor nothing is compared."""
UNITS = (
    "John Smith 12345 ", "Nora Quist ", "12345 ", "1", "a", "A", "'", '"', "(", "{", "[", ">", " ", "\n", "> \n", ". ", "? ",
    ", ", "@", "a@", "a.", "a@b.", "-", "--\n", "_", "=", "&#1;", "ß", "ä", "\u4e2d", "\U0001d400", "a\u0301", "Ab ", "AB ", "O'Neil ",
    "5 Main St, ", "5 Main St, Austin, TX 12345 ", "Hauptstraße 5, ", "SELECT FROM ", "ignore ", "reveal ", "0", "#W12345 ",
    "<div ", "<", "<b", "<blockquote>", "cancel ", "return the lamp ", "if ", "all but ", "On May 3, 2026 ", "From: a\n",
    "wrote:\n", "1) ", "{'a': 'b'} ", "credit_card_1 ", "$1 ", "if that is sold out ", "or ", "zip 12345 ", "red ",
    "My name is John Smith ", ".", "!", "%", "\\x41", "not ", "„", "“", "de ", "a-", "\t", "mr. ", "{{", "{%", "```", "name",
)  # fmt: skip
PADS = (
    "",
    "name",
    "zip ",
    "My name is",
    "cancel",
    "On 3.4.2026",
    "a@",
    "{",
    "<div style='",
    "5 Main St,",
    "ignore",
    "SELECT",
)
"""What stands once before a run of one sign: a pattern that begins and never ends."""


def texts(size: int) -> Iterator[str]:
    """Every odd text at about one length."""
    for unit in UNITS:
        yield unit * (size // len(unit))
    for pad in PADS:
        for run in (" ", "a", "1", "\n", "-"):
            yield pad + run * size
            yield pad + run * size + "x"


def modules() -> Iterator[ModuleType]:
    """The project's modules that read text."""
    import tools

    for found in pkgutil.iter_modules(tools.__path__):
        if found.name not in SLOW_TO_IMPORT:
            yield importlib.import_module(f"tools.{found.name}")


SLOW_TO_IMPORT = {
    "analyst",
    "charts",
    "likeness",
    "ranking",
    "result_tables",
    "triage_board",
    "schema_words",
    "figures",
    "research",
}
"""Readers of tables, documents and whole backlogs, not of one letter."""
CACHED = {"within_edits", "fold", "stem", "is_everyday", "is_grammar", "canonical"}
"""Of one word, and a word is bounded by the letter."""


def readers() -> dict[str, Callable[[str], object]]:
    """Every public function of one text, by its signature, and the two big ones."""
    found: dict[str, Callable[[str], object]] = {}
    for module in modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_") or name in CACHED:
                continue
            needed = [
                one for one in inspect.signature(function).parameters.values()
                if one.default is inspect.Parameter.empty and one.kind is not inspect.Parameter.VAR_KEYWORD
            ]  # fmt: skip
            if (
                len(needed) == 1
                and needed[0].annotation == "str"
                and function.__module__.split(".")[-1] not in {"grammar", "lexicon"}
            ):
                found[f"{module.__name__}.{name}"] = function
    return {**found, "read_ticket": _read, "make_plan": _plan, "provenance": _prove, **framework()}


def framework() -> dict[str, Callable[[str], object]]:
    """What the framework itself does with the words of a letter, before, beside and after the project's readers."""
    from compound.batch.gate import keys_of
    from compound.cli.output import escaped, visible
    from compound.connector.mailbox.item import guess_id
    from compound.connector.vector.analyzer import analyze
    from compound.graph.prompt.sandbox import compile_template
    from compound.project.retention.mention import Mention
    from compound.project.source.document_text import read_page
    from compound.retrieval.chunkers import MarkdownChunker, TextChunker
    from compound.specialist.features import features

    template = compile_template("{{ text }} {{ text | tojson }} {{ text | trim | upper | wordcount }}", "p.md")
    person = Mention(["ann@x.example", "John Smith 12345", "a"])
    return {
        "desk: a line of JSON": lambda text: _line(json.dumps({"id": "T", "body": text}).encode()),
        "desk: a broken line": lambda text: _line(text.encode()),
        "desk: a broken line with an id": lambda text: _line(b'{"id": "' + text.encode()),
        "desk: the id of a broken line": lambda text: guess_id(b'"id"' + text.encode()),
        "batch: keys of a ticket": lambda text: keys_of({"email": text, "subject": text, "body": text}),
        "review: shown": lambda text: visible(text) + escaped(json.dumps(text)),
        "search: words of a query": analyze,
        "index: markdown": lambda text: MarkdownChunker().chunk("# " + text),
        "index: text": lambda text: TextChunker().chunk(text),
        "index: a page": lambda text: read_page(text.encode()),
        "model: JSON in words": _spoken,
        "specialist: features": features,
        "prompt: a template": lambda text: template.render(text=text),
        "erase: a mention": lambda text: (person.in_text(text), person.in_bytes(text.encode())),
    }


def _spoken(text: str) -> object:
    from compound.model.typed.spoken_json import find_json

    try:
        return find_json(text, lambda value: ["it does not fit"])
    except ValueError:
        return None


def _line(raw: bytes) -> object:
    import tempfile

    from compound.connector.mailbox.sources import read_items

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        path.write_bytes(raw + b"\n")
        return list(read_items(path))


def _read(text: str) -> object:
    from tools.tickets import Ticket, read_ticket

    return read_ticket(Ticket(id="T", body=text, html=None))


def _intake(text: str) -> Any:
    from tools.tickets import Ticket, read_ticket

    return {**read_ticket(Ticket(id="T", body="Hello")), "text": text, "language": "en"}


def _plan(text: str) -> object:
    from tests.project.desk.nora import CUSTOMER, facts
    from tools.planning import make_plan

    who = {"customer_id": CUSTOMER["user_id"], "reason": "e-mail"}
    inputs: dict[str, Any] = {**facts(), "intake": _intake(text), "who": who}
    return make_plan(inputs)


def _prove(text: str) -> object:
    from tools.checks import provenance

    return provenance({"text": text[::-1], "cites": []}, None, _intake(text))


def measured(name: str, size: int) -> list[tuple[str, float, float]]:
    """For each odd text: its beginning, and the processor seconds at the two lengths."""
    import time

    reader = readers()[name]
    reader("Please return the lamp.")
    found: list[tuple[str, float, float]] = []
    for short, long in zip(texts(size), texts(size * TIMES), strict=True):
        took: list[float] = []
        for text in (short, long):
            began = time.process_time()
            reader(text)
            took.append(time.process_time() - began)
        found.append((short[:30], took[0], took[1]))
    return found


@pytest.mark.parametrize("size", [SHORT, pytest.param(LONGER, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", sorted(readers()))
def test_a_reader_is_linear(name: str, size: int) -> None:
    program = (
        "import json, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (240, 240))\n"
        "from tests.project.desk.test_reading_is_linear import measured\n"
        "json.dump(measured(sys.argv[1], int(sys.argv[2])), sys.stdout)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name, str(size)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name} did not end: {done.stderr[-500:]}"
    slow = [
        row
        for row in json.loads(done.stdout)
        if row[2] > FLOOR_S and row[2] > MOST_RATIO * max(row[1], FLOOR_S / TIMES)
    ]
    assert slow == []


def test_the_example_of_repeated_names_and_zip_codes_is_nothing_special() -> None:
    program = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (12, 12))\n"
        "from tools.tickets import Ticket, read_ticket\n"
        "read_ticket(Ticket(id='T', body='John Smith 12345 ' * 1176))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
