"""The keys at the top of a graph file, its budget and its migrations."""

from __future__ import annotations

import asyncio

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.waiting import ASK, asking, shown, waits
from tests.project.keys.world import GRAPH, world

CALLS = """\
compound: graph/v1
name: main
input: {text: str}
output: {one: $one?, two: $two?}
nodes:
  one: {use: llm, model: echo, prompt: prompts/ask.md, in: {text: $input.text}}
  two: {use: llm, model: echo, prompt: prompts/ask.md, in: {text: $input.text}, after: [one]}
"""


def place(desk: Desk, text: str) -> Place:
    return world(desk, {"graphs/main.yaml": text})


def ended(desk: Desk, text: str) -> str:
    """How a run ends: its status, or the code of its error."""
    view = place(desk, text).run({"text": "Hello"})
    return str(view.error["code"]) if view.error else view.status


def _compound(desk: Desk) -> None:
    assert place(desk, GRAPH).codes() == []
    for text in (GRAPH.replace("graph/v1", "graph/v2"), GRAPH.replace("compound: graph/v1\n", "")):
        assert place(desk, text).codes() != []


def _name(desk: Desk) -> None:
    for name in ("main", "greeter"):
        where = asking(desk, graph=ASK.replace("name: main", f"name: {name}"))
        assert shown(where, waits(where))["graph"] == name
        assert where.say("run", name, "text=Hi", "--json").code == 0  # by its own name, whatever its file is called


def _version(desk: Desk) -> None:
    for line, version in (("version: 7\n", 7), ("", 1)):
        where = place(desk, GRAPH.replace("name: main\n", f"name: main\n{line}"))
        with where.open() as project:
            record = project.run_record(project.run(None, {"text": "x"}).run_id)
        assert record is not None
        assert record.graph_version == version
        said = where.say(
            "traces",
            "sql",
            "select attributes from spans where kind = 'workflow' order by start_time_unix_nano desc",
            "--json",
        )
        assert f'"graph_version":{version}' in str(said.json[0]["attributes"]).replace(" ", "")
        assert (f"main, version {version}" in where.say("draw").out) is (version != 1)
        assert f"main, version {version}" in where.say("draw", "--svg").out


async def _cards(where: Place) -> dict[str, str]:
    """What clients of the MCP server read of each graph."""
    from mcp import Client

    from compound.project.serve.mcp_server import graph_server

    with where.open() as project:
        async with graph_server(project, ["main"]) as server, Client(server) as client:
            return {tool.name: tool.description or "" for tool in (await client.list_tools()).tools}


def _description(desk: Desk) -> None:
    where = place(desk, GRAPH.replace("name: main\n", "name: main\ndescription: Greets whoever comes.\n"))
    assert asyncio.run(_cards(where))["main"] == "Greets whoever comes."
    assert asyncio.run(_cards(place(desk, GRAPH)))["main"] == "Run the graph main."


CHANGED = ASK.replace("tool: say", "tool: pay")


def _changed(desk: Desk, line: str) -> tuple[Place, str]:
    """A run that waits while its graph is changed."""
    where = asking(desk)
    item = waits(where)
    where.write({"graphs/main.yaml": CHANGED.replace("name: main\n", f"name: main\n{line}")})
    return where, item


def _on_change(desk: Desk) -> None:
    sent: list[list[str]] = []
    for line in ("", "on_change: migrate\n"):
        where, item = _changed(desk, line)
        where.say("review", "approve", item)
        sent.append(where.replies())
    assert sent[0] == ["Hello"]  # it ends on the graph it was started with
    assert sent[1] != ["Hello"]
    where, _ = _changed(desk, "on_change: drain\n")
    assert "graph.draining" in where.say("run", "main", "text=more").err


def _policy(desk: Desk) -> None:
    forbids = "compound: policy/v1\nname: rules\neffects: {}\n"
    assert (
        "graph.policy-refuses" in " ".join(asking(desk, policy=forbids).codes()) or asking(desk, policy=forbids).codes()
    )
    assert asking(desk).codes() == []


def _budget(desk: Desk) -> None:
    assert [ended(desk, CALLS + "budget: {calls: 1}\n"), ended(desk, CALLS)] == ["model.budget", "done"]


def _calls(desk: Desk) -> None:
    assert [ended(desk, CALLS + f"budget: {{calls: {n}}}\n") for n in (1, 2)] == ["model.budget", "done"]


def _usd(desk: Desk) -> None:
    assert [ended(desk, CALLS + f"budget: {{usd: {n}}}\n") for n in (1.5, 100)] == ["model.budget", "done"]


def _seconds(desk: Desk) -> None:
    slow = CALLS.replace("model: echo", "model: slow")
    assert [ended(desk, slow + f"budget: {{seconds: {n}}}\n") for n in ("100ms", "60s")] == [
        "graph.over-budget",
        "done",
    ]


def _on_exceed(desk: Desk) -> None:
    asks = CALLS + "  ok: {use: review, show: [$two?]}\n"
    told = [ended(desk, asks + f"budget: {{calls: 1{word}}}\n") for word in ("", ", on_exceed: review")]
    assert told == ["model.budget", "waiting_review"]


def _on_unknown(desk: Desk) -> None:
    free = CALLS.replace("model: echo", "model: free")
    told = [ended(desk, free + f"budget: {{usd: 100{word}}}\n") for word in ("", ", on_unknown: allow")]
    assert (told[0] != "done", told[1]) == (True, "done"), told


TAKEN = """\
compound: graph/v1
name: main
input: {text: str}
output: {letter: $draft, action: $ok.action}
nodes:
  draft: {use: tool, tool: echo, in: {text: $input.text}, out: str}
  ok: {use: review, show: [$input.text]}
"""
MOVED = (
    TAKEN.replace("draft", "letter").replace("tool: echo", "tool: cry").replace("main\n", "main\non_change: migrate\n")
)


def _migrated(desk: Desk, migrations: str) -> str:
    """The letter of a run that waited while its graph changed."""
    where = asking(desk, graph=TAKEN, **{"tools/up.py": UP})
    item = waits(where)
    where.write({"graphs/main.yaml": MOVED.replace("nodes:\n", f"{migrations}nodes:\n", 1)})
    where.say("review", "approve", item)
    with where.open() as project:
        record = project.run_record(str(shown(where, item)["run_id"]))
    assert record is not None
    return str((record.output or {}).get("letter"))


UP = '''\
from compound.tool import tool


@tool
def louder(value: str) -> str:
    """Louder."""
    return value.upper()


@tool
def cry(text: str) -> str:
    """Cry."""
    return f"cried {text}"
'''


def _migrations(desk: Desk) -> None:
    assert _migrated(desk, "migrations: {letter: {from: draft, tool: louder}}\n") == "SAID HELLO"
    assert _migrated(desk, "") == "cried Hello"


def _from(desk: Desk) -> None:
    assert _migrated(desk, "migrations: {letter: {from: draft}}\n") == "said Hello"
    assert _migrated(desk, "") == "cried Hello"


def _tool(desk: Desk) -> None:
    told = [_migrated(desk, f"migrations: {{letter: {{from: draft{word}}}}}\n") for word in (", tool: louder", "")]
    assert told == ["SAID HELLO", "said Hello"]


def _types(desk: Desk) -> None:
    assert place(desk, GRAPH).say("run", "main", 'text="no"').code == 0
    typed = GRAPH.replace("input: {text: str}", 'types: {Word: "enum(hi, ho)"}\ninput: {text: Word}')
    assert place(desk, typed).run({"text": "hi"}).status == "done"
    assert place(desk, typed).say("run", "main", 'text="no"').code != 0
    assert place(desk, typed.replace('types: {Word: "enum(hi, ho)"}\n', "")).codes() != []


def _input(desk: Desk) -> None:
    assert place(desk, GRAPH).say("run", "main").code != 0
    free = GRAPH.replace("input: {text: str}\n", "").replace("$input.text", "always")
    assert place(desk, free).run({}).output == {"a": "said always"}


def _context(desk: Desk) -> None:
    graph = GRAPH.replace("output:", "context: {tenant: str}\noutput:").replace("$input.text", "$context.tenant")
    where = place(desk, graph)
    assert where.run({"text": "x"}, context={"tenant": "north"}).output == {"a": "said north"}
    assert where.say("run", "main", "text=x").code != 0  # it is asked for
    assert place(desk, graph.replace("context: {tenant: str}\n", "")).codes() != []


def _output(desk: Desk) -> None:
    assert place(desk, GRAPH).run({"text": "x"}).output == {"a": "said x"}
    assert place(desk, GRAPH.replace("{a: $echoed?}", "{b: $echoed, c: 7}")).run({"text": "x"}).output == {
        "b": "said x",
        "c": 7,
    }


def _nodes(desk: Desk) -> None:
    assert place(desk, GRAPH.replace("tool: echo", "tool: parts").replace("out: str", 'out: "list[str]"')).run(
        {"text": "x y"}
    ).output == {"a": ["x", "y"]}
    assert place(desk, GRAPH[: GRAPH.index("nodes:")]).codes() != []


KEYS = (
    Key("graph", "compound", _compound),
    Key("graph", "name", _name),
    Key("graph", "version", _version),
    Key("graph", "description", _description),
    Key("graph", "on_change", _on_change),
    Key("graph", "policy", _policy),
    Key("graph", "budget", _budget),
    Key("graph", "budget.calls", _calls),
    Key("graph", "budget.usd", _usd),
    Key("graph", "budget.seconds", _seconds),
    Key("graph", "budget.on_exceed", _on_exceed),
    Key("graph", "budget.on_unknown", _on_unknown),
    Key("graph", "migrations", _migrations),
    Key("graph", "migrations.*.from", _from),
    Key("graph", "migrations.*.tool", _tool),
    Key("graph", "types", _types),
    Key("graph", "input", _input),
    Key("graph", "context", _context),
    Key("graph", "output", _output),
    Key("graph", "nodes", _nodes),
)
