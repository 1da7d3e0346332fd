"""Adapters that come from an installed package: used through a project's files, and no line of Compound changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.forked import PYTHON, run_forked
from tests.support.projects import write_project

PACKAGE = Path(__file__).parents[1] / "plugin_package"
PYPROJECT = """\
[tool.compound]
name = "shelves"
graph = "main"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
embedder = "letters"
reranker = "shortest"
retrievers = { stock = { use = "shelf", sentences = ["refund takes three days", "a parcel is late"] } }
exporters = [{ use = "journal", file = "${env:SPANS}" }]

[tool.compound.profiles.plain.documents]
handbook = ["docs/*.md"]
"""
MODELS = """\
compound: models/v1
provider: parrot
models:
  writer:
    providers:
      parrot: {options: {word: "${env:PARROT:-Polly}"}}
"""
MAIN = """\
compound: graph/v1
name: main
input: {question: str}
nodes:
  stock: {use: retrieve, on: stock, in: {query: $input.question}, top_k: 1}
  book: {use: retrieve, on: handbook, in: {query: $input.question}, top_k: 2}
  write: {use: llm, in: {question: $input.question}, model: writer, prompt: prompts/ask.md}
output: {answer: $write, stock: $stock, book: $book}
"""
SENDS = """\
compound: graph/v1
name: sends
input: {text: str}
nodes:
  ok: {use: review, show: [$input.text]}
  send: {use: effect, tool: note, when: "ok.action == 'approve'", in: {text: $input.text}}
output: {sent: $send?}
"""
TOOLS = '''\
"""An effect on the package's target."""

from pydantic import BaseModel, JsonValue

from compound.effect import effect
from shelf_plugins.ledger import LedgerTransaction


class Note(BaseModel):
    """What is noted."""

    text: str


@effect("note", target="books")
def note(tx: LedgerTransaction, args: Note) -> JsonValue:
    """Write an entry."""
    return tx.book(args.text)
'''
SUITE = """\
compound: suite/v1
name: short
cases: cases:cases
scorers: [brevity, equal]
scores: {brevity: the answer is short, equal: the answer is what was expected}
"""
CASES = """\
from compound.evaluation import Case, CaseSet, SuiteContext


def cases(context: SuiteContext) -> CaseSet:
    made = [("one", "Hello", "Polly Hello"), ("two", "Hello " * 20, "Polly")]
    return CaseSet(cases=[Case(id=i, input={"question": q}, expected={"answer": a}) for i, q, a in made])
"""
FILES: Mapping[str, str] = {
    "pyproject.toml": PYPROJECT,
    "connectors/models.yaml": MODELS,
    "connectors/books.yaml": "compound: ledger/v1\nprefix: 'noted: '\n",
    "graphs/main.yaml": MAIN,
    "graphs/sends.yaml": SENDS,
    "graphs/prompts/ask.md": "{{ question }}",
    "tools/notes.py": TOOLS,
    "evals/short/suite.yaml": SUITE,
    "evals/short/cases.py": CASES,
    "docs/long.md": "# Long\n\nA refund of a parcel takes three days, and then one more for the bank to book it.\n",
    "docs/short.md": "# Short\n\nA refund takes days.\n",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the installed package."""
    folder = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(PACKAGE, source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-t", str(folder), str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class Shop:
    """A project in a folder, and the commands of its owner."""

    def __init__(self, root: Path, packages: Path | None) -> None:
        self.root = write_project(root, FILES)
        (root / "lakehouse").mkdir()
        self._packages = packages

    def say(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`compound ...`, in a process of its own."""
        env = {**os.environ, "SPANS": str(self.root / "spans.txt"), "COMPOUND_USER": "ann", "COLUMNS": "200"}
        if self._packages:
            env["PYTHONPATH"] = str(self._packages)
        return run_forked([PYTHON, "-m", "compound", *words], cwd=self.root, env=env)

    def ok(self, *words: str) -> str:
        """Standard output of a command that must work."""
        done = self.say(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def shop(tmp_path: Path, installed: Path) -> Shop:
    return Shop(tmp_path / "project", installed)


def test_a_project_uses_every_adapter_of_the_package(shop: Shop) -> None:
    shop.ok("check")
    assert json.loads(shop.ok("index", "--json"))[0]["embedder"] == "letters"

    run = json.loads(shop.ok("run", "main", "question=refund days", "--json"))
    assert run["output"]["answer"] == "Polly refund days"
    assert [one["text"] for one in run["output"]["stock"]] == ["refund takes three days"]
    assert [one["title"] for one in run["output"]["book"]] == ["Short", "Long"]
    assert "invoke_workflow main" in (shop.root / "spans.txt").read_text().splitlines()
    assert "retrieval stock" in (shop.root / "spans.txt").read_text().splitlines()


def test_an_effect_happens_once_on_the_target_of_the_package(shop: Shop) -> None:
    run = json.loads(shop.ok("run", "sends", "text=hello", "--json"))
    assert run["status"] == "waiting_review"
    shop.ok("review", "approve", run["review_ids"][0])
    kept = json.loads((shop.root / ".compound/plain/plugins/books/ledger.json").read_text())
    assert kept["entries"] == ["noted: hello"]


def test_a_suite_is_judged_by_a_scorer_of_the_package(shop: Shop) -> None:
    shop.ok("index")
    report = json.loads(shop.ok("eval", "short", "--json", "-"))
    assert {name: one["value"] for name, one in report["scores"].items()} == {"brevity": 0.5, "equal": 0.5}


def test_without_the_package_check_says_what_is_missing_and_where(tmp_path: Path) -> None:
    said = Shop(tmp_path / "project", None).say("check", "--format", "json")
    found = {one["code"]: one for one in json.loads(said.stdout)["findings"]}
    assert said.returncode == 1
    for code, place in {
        "file.unknown-kind": "connectors/books.yaml:1:11",
        "model.unknown-provider": "connectors/models.yaml:2:11",
        "suite.unknown-scorer": "evals/short/suite.yaml:4:11",
        "retrieval.unknown-retriever": "pyproject.toml:9",
        "retrieval.unknown-embedder": "pyproject.toml:7",
        "retrieval.unknown-reranker": "pyproject.toml:8",
        "trace.unknown-exporter": "pyproject.toml:10",
    }.items():
        assert f"{found[code]['file']}:{found[code]['line']}:{found[code]['column']}".startswith(place), found[code]
    assert "mailbox" in found["file.unknown-kind"]["fix"]
    assert "anthropic" in found["model.unknown-provider"]["fix"]


def test_help_reads_no_entry_points(installed: Path) -> None:
    program = (
        "import importlib.metadata as m, sys\n"
        "def refuse(*a, **k): raise SystemExit('read')\n"
        "m.entry_points = refuse\n"
        "sys.argv = ['compound', '--help']\n"
        "from compound.cli import main\nmain()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


OWN_TARGET = '''\
"""The notes of this project: a target without a package."""

from collections.abc import Sequence

from compound.effect import EffectGroup, EffectOutcome, TargetSetup


class Notes:
    delivery_class = "D"

    def __init__(self, setup: TargetSetup) -> None:
        self._setup = setup

    def add(self, text: str) -> None:
        self._setup.folder.mkdir(parents=True, exist_ok=True)
        with (self._setup.folder / "notes.txt").open("a") as file:
            file.write(text + "\\n")

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        return [
            EffectOutcome(key=one.key, status="sent", result=self._setup.effects(one.name).perform(self, one.arguments))
            for one in group.effects
        ]


def target(setup: TargetSetup) -> Notes:
    return Notes(setup)
'''
OWN_EFFECT = '''\
from pydantic import BaseModel, JsonValue

from compound.effect import effect


class Note(BaseModel):
    """What is noted."""

    text: str


@effect("note", target="notes")
def note(tx: object, args: Note) -> JsonValue:
    """Write a note."""
    tx.add(args.text)
    return None
'''


def test_a_project_writes_its_own_adapters(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "project", None)
    for name in ("connectors/books.yaml", "graphs/main.yaml", "evals/short/suite.yaml", "evals/short/cases.py"):
        (shop.root / name).unlink()
    settings = PYPROJECT.partition("embedder")[0].replace('graph = "main"', 'graph = "sends"')
    write_project(
        shop.root,
        {
            "pyproject.toml": settings,
            "connectors/notes.py": OWN_TARGET,
            "connectors/models.yaml": "compound: models/v1\nmodels: {}\n",
            "tools/notes.py": OWN_EFFECT,
        },
    )
    shop.ok("check")
    run = json.loads(shop.ok("run", "sends", "text=hello", "--json"))
    shop.ok("review", "approve", run["review_ids"][0])
    assert (shop.root / ".compound/plain/plugins/notes/notes.txt").read_text() == "hello\n"


def test_an_adapter_that_cannot_be_made_names_itself(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "project", None)
    for name in ("connectors/books.yaml", "tools/notes.py", "graphs/sends.yaml", "evals/short/suite.yaml"):
        (shop.root / name).unlink()
    lines = [line for line in PYPROJECT.splitlines() if not line.startswith(("reranker", "retrievers", "exporters"))]
    graph = MAIN.replace("  stock: {use: retrieve, on: stock, in: {query: $input.question}, top_k: 1}\n", "")
    write_project(
        shop.root,
        {
            "pyproject.toml": "\n".join(lines) + "\n",
            "connectors/models.yaml": MODELS.replace("parrot", "scripted").replace(
                '{word: "${env:PARROT:-Polly}"}', "{answers: [a b]}"
            ),
            "connectors/letters.py": "def embedder(setup):\n    return 7\n",
            "graphs/main.yaml": graph.replace("stock: $stock, ", ""),
        },
    )
    said = shop.say("index")
    assert said.returncode == 2
    assert "pyproject.toml:7" in said.stderr
    assert "embedder 'letters' is int, which lacks name, dimension, fingerprint, embed, embed_query" in said.stderr


def test_spans_go_to_an_exporter_of_opentelemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path / "project", None)
    for name in ("connectors/books.yaml", "tools/notes.py", "graphs/sends.yaml"):
        (shop.root / name).unlink()
    graph = MAIN.replace(": $stock, book: $book", ": $write")
    graph = "\n".join(line for line in graph.splitlines() if "use: retrieve" not in line)
    write_project(
        shop.root,
        {
            "pyproject.toml": PYPROJECT.partition("embedder")[0] + 'exporters = ["opentelemetry"]\n',
            "connectors/models.yaml": MODELS.replace("parrot", "scripted").replace(
                '{word: "${env:PARROT:-Polly}"}', "{answers: [Hello]}"
            ),
            "graphs/main.yaml": graph,
        },
    )
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    said = shop.ok("run", "question=Hi")
    assert '"name": "invoke_workflow main"' in said

    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "nowhere")
    failed = shop.say("run", "question=Hi")
    assert (failed.returncode, "console" in failed.stderr) == (2, True)
    assert "trace.unknown-otel" in failed.stderr
