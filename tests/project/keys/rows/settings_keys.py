"""The settings: `[tool.compound]`, its profiles and batches, and the environment's variables."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.waiting import asking, listed, waits
from tests.project.keys.world import PYPROJECT, world
from tests.support.desks.bank_desk import SHOP, Bank
from tests.support.desks.reply_desk import FILES, ticket

IN_PROFILE = 'lexical = ["handbook", "cards"]\n'


def profiled(desk: Desk, line: str) -> Place:
    """The project, with one more line in its profile."""
    return world(desk).edit("pyproject.toml", IN_PROFILE, f"{IN_PROFILE}{line}\n")


def _name(desk: Desk) -> None:
    named, unnamed = world(desk), world(desk).edit("pyproject.toml", 'name = "small"\n', "")
    with named.open() as one, unnamed.open() as other:
        assert (one.settings.name, other.settings.name) == ("small", unnamed.root.name)


def _graph(desk: Desk) -> None:
    where = world(desk)
    assert where.run({"text": "x"}).output == {"a": "said x"}
    assert where.edit("pyproject.toml", 'graph = "main"', 'graph = "other"').run({"text": "x"}).output == {
        "b": "said x"
    }


def _example(desk: Desk) -> None:
    where = world(desk)
    assert where.say("run").err.startswith("project.no-input: ")
    said = where.edit("pyproject.toml", 'graph = "main"\n', 'graph = "main"\nexample = { text = "y" }\n').say("run")
    assert (said.code, "said y" in said.out) == (0, True)


TWO = '\n[tool.compound.profiles.second]\nlakehouse = "lakehouse"\n'


def homes(where: Place) -> list[str]:
    return sorted(path.name for path in (where.root / ".compound").iterdir() if (path / "state.db").is_file())


def second(desk: Desk) -> Place:
    where = world(desk).write({"pyproject.toml": PYPROJECT + TWO})
    shutil.rmtree(where.root / ".compound")
    return where


def _profile(desk: Desk) -> None:
    where = second(desk)
    where.run({"text": "x"})
    assert homes(where) == ["plain"]
    where.edit("pyproject.toml", 'profile = "plain"', 'profile = "second"').run({"text": "x"})
    assert homes(where) == ["plain", "second"]


def _env_profile(desk: Desk) -> None:
    where = second(desk)
    where.say("run", "main", "text=x", env={"COMPOUND_PROFILE": "second"})
    assert homes(where) == ["second"]


def _specialists(desk: Desk) -> None:
    where = world(desk)
    assert where.say("train", "mood").code == 0
    without = world(desk).edit("pyproject.toml", 'specialists = { mood = "tools.training:examples" }\n', "")
    assert "project.unknown-specialist" in without.say("train", "mood").err


def _group_access(desk: Desk) -> None:
    modes: list[int] = []
    for line in ("group_access = true\n", ""):
        where = world(desk).edit("pyproject.toml", 'graph = "main"\n', f'graph = "main"\n{line}')
        where.run({"text": "x"})
        modes.append(stat.S_IMODE((where.root / ".compound/plain").stat().st_mode))
    assert modes == [0o770, 0o700]


def replying(desk: Desk, lines: str) -> Place:
    from tests.support.projects import PYPROJECT as SMALL

    plain = FILES["graphs/main.yaml"].partition("  send:")[0].replace(", sent: $send?", "")
    return desk.project({**FILES, "graphs/main.yaml": plain, "pyproject.toml": SMALL + lines})


def asked(where: Place) -> list[int]:
    """How often each ticket was tried."""
    return [path.stat().st_size for path in sorted((where.root / "counts").iterdir())]


def batch(where: Place, *bodies: str) -> dict[str, object]:
    rows = [json.dumps(ticket(f"T-{number}", body)) + "\n" for number, body in enumerate(bodies)]
    where.write({"tickets.jsonl": "".join(rows)})
    return dict(json.loads(where.say("batch", "--from", str(where.root / "tickets.jsonl"), "--json").out))


def _retries(desk: Desk) -> None:
    tries: list[list[int]] = []
    for number in (1, 0):
        where = replying(desk, f"\n[tool.compound.batch]\nretries = {number}\n")
        batch(where, "busy 9")
        tries.append(asked(where))
    assert tries == [[2], [1]]


def _stop_after(desk: Desk) -> None:
    tried: list[int] = []
    for number in (1, 0):
        where = replying(desk, f"\n[tool.compound.batch]\nretries = 0\nstop_after_failures = {number}\n")
        batch(where, *(["down"] * 12))
        tried.append(len(asked(where)))
    assert tried[0] < tried[1] == 12


def _lakehouse(desk: Desk) -> None:
    where = world(desk)
    sql = {"graphs/main.yaml": SQL_GRAPH}
    found: Any = where.write(sql).run({"text": "c1"}).output
    assert len(found["a"]) == 2
    elsewhere = world(desk, sql).edit("pyproject.toml", 'lakehouse = "lakehouse"', 'lakehouse = "nowhere"')
    assert "lakehouse.missing" in elsewhere.say("run", "main", "text=c1").err


SQL_GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {a: $a}
nodes:
  a: {use: sql, tool: orders_of, in: {customer: $input.text}}
"""
MADE = '''\
from pathlib import Path


def write(*_: object, **__: object) -> None:
    """Write the profile's data."""
    (Path(__file__).parent / "made.txt").write_text("made")
'''


def _documents(desk: Desk) -> None:
    said = world(desk).say("index", "--json").json
    assert [one["name"] for one in said] == ["handbook", "cards"]
    less = world(desk).edit("pyproject.toml", 'cards = ["docs/cards.md"]\n', "")
    assert [one["name"] for one in less.say("index", "--json").json] == ["handbook"]


def _lexical(desk: Desk) -> None:
    made = [
        world(desk).edit("pyproject.toml", IN_PROFILE, line).say("index", "cards", "--json").json[0]["embedder"]
        for line in (IN_PROFILE, 'lexical = ["handbook"]\n')
    ]
    assert made[0] != made[1]


def _training(desk: Desk) -> None:
    assert world(desk).say("train", "mood").code == 0
    without = world(desk).edit("pyproject.toml", 'training = "moods.txt"\n', "")
    assert "project.no-training" in without.say("train", "mood").err


def _items(desk: Desk) -> None:
    rows = json.dumps(ticket("T-1")) + "\n"
    where = replying(desk, 'items = "inbox.jsonl"\n').write({"inbox.jsonl": rows})
    assert where.say("batch", "--from", "desk", "--json").code == 0
    assert asked(where) == [1]
    assert replying(desk, "").say("batch", "--from", "desk", "--json").code != 0


def _state(desk: Desk, *, env: bool = False) -> None:
    where = world(desk) if env else profiled(desk, 'state = "own.db"')
    given = {"COMPOUND_STATE": str(where.root / "own.db")} if env else {}
    own = where.root / "own.db"
    assert where.say("run", "main", "text=x", env=given).code == 0
    made = own.exists() or (where.root.cwd() / "own.db").exists()
    (where.root.cwd() / "own.db").unlink(missing_ok=True)
    assert made


def _model(desk: Desk, *, env: bool = False) -> None:
    graph = {"graphs/main.yaml": LLM}
    where = world(desk, graph) if env else profiled(desk, 'model = "offline"').write(graph)
    given = {"COMPOUND_MODEL": "offline"} if env else {}
    assert "solver" in where.say("run", "main", "text=x", env=given).err  # `echo` has no solver
    assert world(desk, graph).say("run", "main", "text=x").code == 0


LLM = """\
compound: graph/v1
name: main
input: {text: str}
output: {a: $a}
nodes:
  a: {use: llm, model: echo, prompt: prompts/ask.md, in: {text: $input.text}}
"""


def _home(desk: Desk) -> None:
    where = world(desk)
    home = desk.root / "elsewhere"
    assert where.say("run", "main", "text=x", env={"COMPOUND_HOME": str(home)}).code == 0
    assert (home / "plain/state.db").is_file()


def _root(desk: Desk) -> None:
    where, other = world(desk), world(desk).edit("pyproject.toml", 'graph = "main"', 'graph = "other"')
    for root, name in ((where, "a"), (other, "b")):
        said = where.say("run", "text=x", "--json", env={"COMPOUND_ROOT": str(root.root)})
        assert list(said.json["output"]) == [name]


def _user(desk: Desk) -> None:
    where = asking(desk)
    said = where.say("review", "approve", waits(where), env={"COMPOUND_USER": "lea"})
    assert "by lea" in said.out
    assert listed(where) == []


def _log(desk: Desk) -> None:
    where = world(desk)
    text, lines = (where.say("run", "main", "text=bug", env={"COMPOUND_LOG": how}).err for how in ("text", "json"))
    assert any(line.startswith("{") for line in lines.splitlines())
    assert not any(line.startswith("{") for line in text.splitlines())


def _log_level(desk: Desk) -> None:
    where = world(desk)
    loud, quiet = (
        where.say("run", "main", "text=bug", env={"COMPOUND_LOG_LEVEL": level}).err for level in ("info", "critical")
    )
    assert ("node.crashed" in loud, "node.crashed" in quiet) == (True, False)


def _lock_wait(desk: Desk, *, env: bool = False) -> None:
    where = world(desk) if env else profiled(desk, 'lock_wait = "50ms"')
    given = {"COMPOUND_LOCK_WAIT": "50ms"} if env else {}
    held = sqlite3.connect(where.root / ".compound/plain/state.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    said = where.say("run", "main", "text=x", env=given)
    held.rollback()
    held.close()
    assert "state.locked" in said.err  # at once, and not after the half minute that it is when left out


def _records(desk: Desk, *, env: bool = False) -> None:
    bank = Bank(desk.root / "bank")
    url = f"sqlite:///{desk.root / 'own.db'}"
    where = Place(bank.root)
    if not env:
        where.edit(
            "pyproject.toml", 'lakehouse = "lakehouse"', f'lakehouse = "lakehouse"\nrecords = {{shop = "{url}"}}'
        )
    with where.open({"COMPOUND_RECORDS": f"shop={url}"} if env else {}) as project:
        project.resources.records["shop"].seed({"accounts": [{"account": "a1", "balance": 7.0}]})
    assert (desk.root / "own.db").is_file()
    with where.open() as project:
        balance = project.resources.records["shop"].export()["accounts"]["a1"]
    assert balance == {"account": "a1", "balance": 0.0 if env else 7.0}


PIGEONS = """\
from compound.errors import ConnectorError


class Pigeons:
    delivery_class = "D"
    settle_s = 0.0
    thread = find = send = None

    def __init__(self, loft):
        self.loft = loft

    def waiting(self):
        raise ConnectorError("mailbox.unreachable", f"no pigeon is at {self.loft}")

    def close(self):
        pass


def mailbox(setup):
    return Pigeons(setup.options["loft"])
"""


def _mailboxes(desk: Desk) -> None:
    where = desk.project(FILES)
    where.write({"in.jsonl": json.dumps(ticket("t-1", "short")) + "\n"})
    assert "project.no-items" in where.say("batch", "--from", "desk").err
    where.edit("pyproject.toml", 'lakehouse = "lakehouse"', 'lakehouse = "lakehouse"\nmailboxes = {desk = "in.jsonl"}')
    assert where.say("batch", "--from", "desk").code == 0
    assert where.replies() == ["About short"]
    where.edit("pyproject.toml", '{desk = "in.jsonl"}', '{desk = {use = "pigeons", loft = "${env:LOFT}"}}')
    assert where.codes() == ["mailbox.unknown-kind"]
    where.write({"connectors/pigeons.py": PIGEONS})
    assert "project.no-secret" in where.say("batch", "--from", "desk").err
    said = where.say("batch", "--from", "desk", env={"LOFT": "the oak"})
    assert "mailbox.unreachable: no pigeon is at the oak" in said.err


def _vectors(desk: Desk, *, env: bool = False) -> None:
    where = world(desk) if env else profiled(desk, 'vectors = "sqlite"')
    before = {path.name for path in (where.root / ".compound/plain").rglob("*")}
    given = {"COMPOUND_VECTORS": "sqlite"} if env else {}
    assert where.say("index", "--json", env=given).code == 0
    assert {path.name for path in (where.root / ".compound/plain").rglob("*")} - before
    again = world(desk)
    assert again.say("index", "--json").json[0]["changed"] == 0  # the index that was there


def _host(desk: Desk) -> None:
    where = replying(desk, "").write({"tickets.jsonl": json.dumps(ticket("T-1")) + "\n"})
    assert (
        where.say("batch", "--from", str(where.root / "tickets.jsonl"), "--json", env={"COMPOUND_HOST": "north-1"}).code
        == 0
    )
    with closing(sqlite3.connect(where.root / ".compound/plain/state.db")) as db:
        assert {row[0] for row in db.execute("select host from run")} == {
            f"north-1:{where.root}/.compound/plain/checkpoints.db"
        }


def _generator(desk: Desk) -> None:
    where = profiled(desk, 'generator = "tools.made:write"')
    shutil.rmtree(where.root / "lakehouse")
    where.write({"tools/made.py": MADE, "connectors/shop.yaml": SHOP})
    where.say("seed")
    assert (where.root / "tools/made.txt").is_file()


def _allow_folders(desk: Desk) -> None:
    outside = desk.root / "outside"
    outside.mkdir()
    (outside / "far.md").write_text("# Far\n\nA refund from afar.\n")
    counts: list[int] = []
    for line in (f'allow_folders = ["{outside}"]', ""):
        where = profiled(desk, line)
        (where.root / "docs/far.md").symlink_to(outside / "far.md")
        said = where.say("index", "handbook", "--json")
        counts.append(said.json[0]["documents"] if said.code == 0 else 0)
    assert counts[0] == 3 > counts[1]


def _rows() -> Iterator[Key]:
    rows = {
        "name": _name,
        "graph": _graph,
        "profile": _profile,
        "example": _example,
        "specialists": _specialists,
        "group_access": _group_access,
        "batch.retries": _retries,
        "batch.stop_after_failures": _stop_after,
        "profiles.*.lakehouse": _lakehouse,
        "profiles.*.documents": _documents,
        "profiles.*.lexical": _lexical,
        "profiles.*.training": _training,
        "profiles.*.items": _items,
        "profiles.*.state": _state,
        "profiles.*.model": _model,
        "profiles.*.lock_wait": _lock_wait,
        "profiles.*.records": _records,
        "profiles.*.mailboxes": _mailboxes,
        "profiles.*.vectors": _vectors,
        "profiles.*.generator": _generator,
        "profiles.*.allow_folders": _allow_folders,
        "COMPOUND_RECORDS": partial(_records, env=True),
        "COMPOUND_VECTORS": partial(_vectors, env=True),
        "COMPOUND_HOST": _host,
        "COMPOUND_STATE": partial(_state, env=True),
        "COMPOUND_MODEL": partial(_model, env=True),
        "COMPOUND_LOCK_WAIT": partial(_lock_wait, env=True),
        "COMPOUND_PROFILE": _env_profile,
        "COMPOUND_HOME": _home,
        "COMPOUND_ROOT": _root,
        "COMPOUND_USER": _user,
        "COMPOUND_LOG": _log,
        "COMPOUND_LOG_LEVEL": _log_level,
    }
    for path, seen in rows.items():
        yield Key("settings", path, seen)


KEYS = tuple(_rows())
