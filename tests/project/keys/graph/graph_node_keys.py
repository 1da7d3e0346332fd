"""The keys of a graph file that one kind of working node has, and those of its blocks, `retry` and `fallback`."""

from __future__ import annotations

import json
from typing import Any

from tests.project.keys.graph.graph_common_keys import INPUT, NODES, graph, place, ran, spans
from tests.project.keys.table import Desk, Key, Place

ECHO = {
    "llm": NODES["llm"].replace("model: writer", "model: echo"),
    "agent": NODES["agent"].replace("model: agent", "model: echo"),
}


def values(desk: Desk, *bodies: str, **given: Any) -> list[Any]:
    """What each of these nodes makes."""
    return [ran(place(desk, graph("", body=body)), **given) for body in bodies]


def asked(desk: Desk, kind: str, *keys: str) -> list[dict[str, Any]]:
    """What the model was asked by a node with each of these keys."""
    made = values(desk, *(f"{ECHO[kind]}, {key}" if key else ECHO[kind] for key in keys))
    return [json.loads(one["answer"] if kind == "agent" else one) for one in made]


def _on(desk: Desk) -> None:
    both, one = values(desk, NODES["retrieve"], NODES["retrieve"].replace("handbook", "cards"))
    assert ([p["doc_id"] for p in both], [p["doc_id"] for p in one]) == (["refunds", "cards"], ["cards"])


def _top_k(desk: Desk) -> None:
    assert [len(one) for one in values(desk, NODES["retrieve"], f"{NODES['retrieve']}, top_k: 1")] == [2, 1]


def _mode(desk: Desk) -> None:
    (found,) = values(desk, f"{NODES['retrieve']}, mode: lexical")
    assert found
    dense = place(desk, graph("", body=f"{NODES['retrieve']}, mode: dense"))
    assert [*dense.codes(), dense.run(INPUT).output] != [found]


def _where(desk: Desk) -> None:
    (found,) = values(desk, f"{NODES['retrieve']}, where: {{source: docs/cards.md}}")
    assert [one["doc_id"] for one in found] == ["cards"]


def _sql_tool(desk: Desk) -> None:
    made = values(desk, NODES["sql"], NODES["sql"].replace("orders_of", "first_of"), text="c1")
    assert [len(one) for one in made] == [2, 1]


def _ref(desk: Desk) -> None:
    assert values(desk, NODES["specialist"], text="lovely tea")[0]["label"] == "glad"
    assert place(desk, graph("", body=NODES["specialist"].replace("@production", "@nobody"))).codes() != []


def _model(kind: str) -> Any:
    def seen(desk: Desk) -> None:
        here = values(desk, NODES[kind])[0]
        assert "refund" in json.dumps(here)
        (told,) = asked(desk, kind, "")
        assert told["messages"][-1] == ["human", "Write about refund."]
        assert json.dumps(told) not in json.dumps(here)

    return seen


def _prompt(kind: str) -> Any:
    def seen(desk: Desk) -> None:
        (sings,) = values(desk, ECHO[kind].replace("ask.md", "sing.md"))
        (writes,) = asked(desk, kind, "")
        assert "Sing about refund." in str(sings)
        assert writes["messages"] == [["human", "Write about refund."]]

    return seen


def _system(kind: str) -> Any:
    def seen(desk: Desk) -> None:
        ruled, free = asked(desk, kind, "system: prompts/rules.md", "")
        assert ruled["messages"][0] == ["system", "Be short."]
        assert [role for role, _ in free["messages"]] == ["human"]

    return seen


def _max_tokens(kind: str) -> Any:
    def seen(desk: Desk) -> None:
        few, many = asked(desk, kind, "max_tokens: 77", "")
        assert (few["max_tokens"], many["max_tokens"]) == (77, 4096)

    return seen


def _temperature(kind: str) -> Any:
    def seen(desk: Desk) -> None:
        cold, own = asked(desk, kind, "temperature: 0.25", "")
        assert (cold["temperature"], own["temperature"]) == (0.25, None)

    return seen


AGENT = "use: agent, model: agent, prompt: prompts/ask.md, in: {text: $input.text}"


def _tools(desk: Desk) -> None:
    with_it, without = values(desk, f"{AGENT}, tools: [echo]", f"{AGENT}, tools: [add]", text="call echo")
    assert with_it["answer"] == "heard said hi"
    assert "no tool is named 'echo'" in without["answer"]


def _tools_tool(desk: Desk) -> None:
    echo, add = (asked_tools(desk, name) for name in ("echo", "add"))
    assert ([one["name"] for one in echo], [one["name"] for one in add]) == (["echo"], ["add"])


def asked_tools(desk: Desk, name: str, more: str = "") -> list[dict[str, Any]]:
    body = ECHO["agent"].replace("tools: [echo]", f"tools: [{{tool: {name}{more}}}]")
    return json.loads(values(desk, body)[0]["answer"])["tools"]


def _tools_with(desk: Desk) -> None:
    given = "tools: [{tool: echo, with: {text: what the graph says}}]"
    (with_it,), (without,) = (
        values(desk, f"{AGENT}, {tools}", text="use echo") for tools in (given, "tools: [{tool: echo}]")
    )
    assert with_it["answer"] == "heard said what the graph says"
    assert "said" not in without["answer"]
    (hidden,) = asked_tools(desk, "echo", ", with: {text: what the graph says}")
    assert "text" not in hidden["parameters"].get("properties", {})


def _proposes(desk: Desk) -> None:
    body = f"{AGENT}, tools: [echo]"
    (tool_call,) = (place(desk, graph("", body=one)) for one in [f"{body}, proposes: [say]"])
    assert "no tool is named" in ran(place(desk, graph("", body=body)), text="call say")["answer"]
    assert "ticket_id" in ran(tool_call, text="call say")["answer"]  # it may ask, and is told what fits


def _max_turns(desk: Desk) -> None:
    body = f"{AGENT}, tools: [echo]"
    made = values(desk, f"{body}, max_turns: 3", body, text="loop")
    assert [(one["turns"], one["stopped"]) for one in made] == [(3, "max_turns"), (8, "max_turns")]


def _agent_budget(desk: Desk) -> None:
    body = f"{AGENT}, tools: [echo]"
    made = values(desk, f"{body}, budget: {{calls: 2}}", body, text="loop")
    assert [(one["turns"], one["stopped"]) for one in made] == [(2, "budget"), (8, "max_turns")]


def _tool_tool(desk: Desk) -> None:
    assert values(desk, NODES["tool"], NODES["tool"].replace("echo", "parts")) == ["said refund", ["refund"]]


def _check_kind(desk: Desk) -> None:
    made = values(desk, NODES["check"], NODES["check"].replace("polite", "fine"), text="rude")
    assert [one["ok"] for one in made] == [False, True]


def _graph_graph(desk: Desk) -> None:
    made = values(desk, NODES["graph"], NODES["graph"].replace("inner", "other"))
    assert made == [{"a": "said refund"}, {"b": "said refund"}]


EACH = "nodes: {b: {use: tool, tool: echo, in: {text: $item}}}"
LIST = "each: $input.text_list"


def _map(desk: Desk) -> None:
    (made,) = values(desk, f"map: {{{LIST}}}, {EACH}")
    assert made == [{"b": "said x"}, {"b": "said y"}]
    assert place(desk, graph("", body=EACH)).codes() != []


def _each(desk: Desk) -> None:
    made = values(desk, f"map: {{{LIST}}}, {EACH}", f"map: {{each: [z]}}, {EACH}")
    assert made == [[{"b": "said x"}, {"b": "said y"}], [{"b": "said z"}]]


def _as(desk: Desk) -> None:
    body = f"map: {{{LIST}, as: word}}, {EACH.replace('$item', '$word')}"
    assert values(desk, body)[0][0] == {"b": "said x"}
    assert "graph.unknown-reference" in place(desk, graph("", body=body.replace(", as: word", ""))).codes()


def _parallel(desk: Desk) -> None:
    many = [f"t{n}" for n in range(6)]
    body = f"map: {{{LIST}, parallel: 1}}, {EACH.replace('echo', 'at_once')}, out: $b"
    alone, together = values(desk, body, body.replace(", parallel: 1", ""), text_list=many)
    assert (max(alone), max(together) > 1) == (1, True)


def _max(desk: Desk) -> None:
    made = values(desk, f"map: {{{LIST}, max: 1}}, {EACH}", f"map: {{{LIST}}}, {EACH}")
    assert (made[0], len(made[1])) == ("graph.too-many-items", 2)


def _on_error(desk: Desk) -> None:
    def body(word: str) -> str:
        return f"map: {{{LIST}{word}}}, {EACH}, out: $b"

    words = ("", ", on_error: skip", ", on_error: report", ", on_error: review")
    fails, skips, reports, asks = values(desk, *map(body, words), text_list=["x", "bad"])
    assert (fails, skips, asks) == ("records.locked", ["said x"], "waits")
    assert (reports["items"], reports["failed"][0]["index"]) == (["said x"], 1)


def _queue(desk: Desk) -> None:
    body = f"map: {{{LIST}, on_error: review, queue: menders}}, {EACH}"
    for one, queue in ((body, "menders"), (body.replace(", queue: menders", ""), "default")):
        where = place(desk, graph("", body=one))
        assert ran(where, text_list=["bad"]) == "waits"
        assert [row["queue"] for row in where.say("review", "list", "--json").json] == [queue]


def _map_nodes(desk: Desk) -> None:
    made = values(desk, f"map: {{{LIST}}}, {EACH}", f"map: {{{LIST}}}, {EACH.replace('echo', 'parts')}")
    assert made == [[{"b": "said x"}, {"b": "said y"}], [{"b": ["x"]}, {"b": ["y"]}]]


def _map_out(desk: Desk) -> None:
    made = values(desk, f"map: {{{LIST}}}, {EACH}, out: $b", f"map: {{{LIST}}}, {EACH}")
    assert made == [["said x", "said y"], [{"b": "said x"}, {"b": "said y"}]]


ROUND = "nodes: {n: {use: tool, tool: add, in: {n: $previous.n? ?? 0}}}"


def _repeat(desk: Desk) -> None:
    assert values(desk, f"repeat: {{max: 3}}, {ROUND}") == [{"n": 3}]
    alone = place(desk, graph("", body="use: tool, tool: add, in: {n: $previous.n? ?? 0}"))
    assert any(one.severity == "error" for one in alone.findings())


def _repeat_max(desk: Desk) -> None:
    assert values(desk, f"repeat: {{max: 3}}, {ROUND}", f"repeat: {{max: 5}}, {ROUND}") == [{"n": 3}, {"n": 5}]


def _until(desk: Desk) -> None:
    made = values(desk, f"repeat: {{max: 5, until: n >= 2}}, {ROUND}", f"repeat: {{max: 5}}, {ROUND}")
    assert made == [{"n": 2}, {"n": 5}]


def _repeat_nodes(desk: Desk) -> None:
    more = ROUND.replace("?? 0}", "?? 0, more: 10}")
    assert values(desk, f"repeat: {{max: 2}}, {ROUND}", f"repeat: {{max: 2}}, {more}") == [{"n": 2}, {"n": 20}]


def _repeat_out(desk: Desk) -> None:
    made = values(desk, f"repeat: {{max: 2}}, {ROUND}, out: {{total: $n}}", f"repeat: {{max: 2}}, {ROUND}")
    assert made == [{"total": 2}, {"n": 2}]


def _attempts(desk: Desk) -> None:
    made = values(desk, *(f"{NODES['tool']}, retry: {{attempts: {n}, wait: 1ms}}" for n in (3, 2)), text="bad 2")
    assert made == ["said bad 2", "records.locked"]


def _pauses(where: Place) -> float:
    """Seconds between the two tries of the node."""
    first, second = sorted(spans(where, "[start_time_unix_nano, end_time_unix_nano]"))
    return (second[0] - first[1]) / 1e9


def _wait(desk: Desk) -> None:
    where = place(desk, graph("", body=f"{NODES['tool']}, retry: {{attempts: 2, wait: 400ms}}"))
    assert ran(where, text="bad 1") == "said bad 1"
    assert _pauses(where) >= 0.39  # twice what it is when left out


def _retry_on(desk: Desk) -> None:
    tool = f"{NODES['tool']}, retry: {{attempts: 3, wait: 1ms, on: [timeout]}}"
    made = values(desk, tool, tool.replace(", on: [timeout]", ""), text="bad 2")
    assert made == ["records.locked", "said bad 2"]


def _value(desk: Desk) -> None:
    tool = f"{NODES['tool']}, fallback: {{value: $input.any}}"
    assert values(desk, tool.replace("$input.any", "a text"), text="bad") == ["a text"]
    assert values(desk, tool.replace("$input.any", "$input.text"), text="bad") == ["bad"]


def _fallback_on(desk: Desk) -> None:
    tool = f"{NODES['tool']}, fallback: {{value: a text, on: [timeout]}}"
    made = values(desk, tool, tool.replace("[timeout]", "[connector]"), tool.replace(", on: [timeout]", ""), text="bad")
    assert made == ["records.locked", "a text", "a text"]


KEYS = (
    Key("graph", "nodes.retrieve.on", _on),
    Key("graph", "nodes.retrieve.top_k", _top_k),
    Key("graph", "nodes.retrieve.mode", _mode),
    Key("graph", "nodes.retrieve.where", _where),
    Key("graph", "nodes.sql.tool", _sql_tool),
    Key("graph", "nodes.specialist.ref", _ref),
    *(Key("graph", f"nodes.{kind}.model", _model(kind)) for kind in ECHO),
    *(Key("graph", f"nodes.{kind}.prompt", _prompt(kind)) for kind in ECHO),
    *(Key("graph", f"nodes.{kind}.system", _system(kind)) for kind in ECHO),
    *(Key("graph", f"nodes.{kind}.max_tokens", _max_tokens(kind)) for kind in ECHO),
    *(Key("graph", f"nodes.{kind}.temperature", _temperature(kind)) for kind in ECHO),
    Key("graph", "nodes.agent.tools", _tools),
    Key("graph", "nodes.agent.tools.tool", _tools_tool),
    Key("graph", "nodes.agent.tools.with", _tools_with),
    Key("graph", "nodes.agent.proposes", _proposes),
    Key("graph", "nodes.agent.max_turns", _max_turns),
    Key("graph", "nodes.agent.budget", _agent_budget),
    Key("graph", "nodes.tool.tool", _tool_tool),
    Key("graph", "nodes.check.kind", _check_kind),
    Key("graph", "nodes.graph.graph", _graph_graph),
    Key("graph", "nodes.map.map", _map),
    Key("graph", "nodes.map.map.each", _each),
    Key("graph", "nodes.map.map.as", _as),
    Key("graph", "nodes.map.map.parallel", _parallel),
    Key("graph", "nodes.map.map.max", _max),
    Key("graph", "nodes.map.map.on_error", _on_error),
    Key("graph", "nodes.map.map.queue", _queue),
    Key("graph", "nodes.map.nodes", _map_nodes),
    Key("graph", "nodes.map.out", _map_out),
    Key("graph", "nodes.repeat.repeat", _repeat),
    Key("graph", "nodes.repeat.repeat.max", _repeat_max),
    Key("graph", "nodes.repeat.repeat.until", _until),
    Key("graph", "nodes.repeat.nodes", _repeat_nodes),
    Key("graph", "nodes.repeat.out", _repeat_out),
    Key("graph", "Retry.attempts", _attempts),
    Key("graph", "Retry.wait", _wait),
    Key("graph", "Retry.on", _retry_on),
    Key("graph", "FallbackValue.value", _value),
    Key("graph", "FallbackValue.on", _fallback_on),
)
