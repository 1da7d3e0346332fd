"""Keys of the header of a SQL tool: what it reads, what it takes, what it returns, who read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compound.errors import CompoundError
from compound.language import InvalidFile
from tests.contract.anthropic.replay_server import ReplayServer
from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.tables import answer, asking, card, querying, rows_of
from tests.support.models.model_projects import ASK, models_yaml, reply

ONE = "SELECT total FROM orders WHERE order_id = $n"
BY_USER = "SELECT order_id FROM orders WHERE user_id = $user ORDER BY order_id"
CALLER = {"params": "{user: {type: VARCHAR, from: caller.user}}", "scope": None, "verified": None}
KEYED = "tables: {orders: {customer_key: user_id}}\n"
AGENT = """\
compound: graph/v1
name: agent
input: {}
output: {answer: $asks.answer}
nodes:
  asks: {use: agent, model: writer, prompt: prompts/ask.md, tools: [TOOL], in: {question: "who?"}}
"""


def _found(project: Place) -> list[str]:
    """Codes of what `check` finds; also of a header that cannot be read."""
    try:
        return project.codes()
    except InvalidFile as raised:
        return [one.code for one in raised.findings]
    except CompoundError as raised:
        return [raised.code]


def _param(desk: Desk, spec: str, sql: str = ONE) -> Place:
    return querying(desk, {"params": f"{{n: {{{spec}}}}}"}, sql, params="n")


def _name(desk: Desk) -> None:
    project = querying(desk)
    assert project.codes() == []
    assert "orders" in project.say("tools", "list").out
    assert _found(querying(desk, {"name": "purchases"})) == ["tool.name"]


def _listed(project: Place) -> dict[str, Any]:
    return next(one for one in project.say("tools", "list", "--json").json if one["name"] == "orders")


def _description(desk: Desk) -> None:
    for words in ("Orders.", "What they bought."):
        project = querying(desk, {"description": words})
        assert _listed(project)["description"] == words
        assert words in project.say("tools", "list").out


def _kind(desk: Desk) -> None:
    sql = "SELECT count(*) AS n FROM orders"
    assert answer(asking(desk), sql)["rows"] == [{"n": 4}]
    reviewed = asking(desk, {"kind": "query"}, examples=sql)
    assert "graph.unknown-argument" in reviewed.codes(), reviewed.codes()


def _tables(desk: Desk) -> None:
    joined = "SELECT i.item FROM items i JOIN orders o USING (order_id) ORDER BY i.item LIMIT 1"
    assert rows_of(querying(desk, {"tables": "[orders, items]"}, joined)) == [{"item": "bed"}]
    assert _found(querying(desk, sql=joined)) == ["sql.undeclared-table"]


def _columns(desk: Desk) -> None:
    sql = "SELECT max(total) AS most FROM orders"
    assert answer(asking(desk), sql)["rows"] == [{"most": 40}]
    narrow = asking(desk, {"columns": "{orders: [order_id]}"})
    assert answer(narrow, sql)["status"] == "mend"
    assert [one["name"] for one in card(narrow)["tables"][0]["columns"]] == ["order_id"]


def _max_plan_rows(desk: Desk) -> None:
    sql = "SELECT count(DISTINCT note) AS n FROM many"
    assert answer(asking(desk, {"tables": "[many]"}), sql)["rows"] == [{"n": 20_000}]
    said = answer(asking(desk, {"tables": "[many]", "max_plan_rows": "1000"}), sql)
    assert (said["status"], said["problem"]["code"]) == ("failed", "sql.too-costly")
    assert "more than 1,000" in said["problem"]["message"]


def _params(desk: Desk) -> None:
    assert rows_of(_param(desk, "type: INTEGER"), n=1) == [{"total": 30}]
    assert "sql.unknown-parameter" in _found(querying(desk, {}, ONE, params="n"))


def _type(desk: Desk) -> None:
    assert rows_of(_param(desk, "type: INTEGER"), n="1") == "tool.bad-input"
    assert rows_of(_param(desk, "type: VARCHAR"), n="1") == [{"total": 30}]


def _from(desk: Desk) -> None:
    own = querying(desk, CALLER, BY_USER, KEYED, "user")
    assert own.codes() == ["graph.tainted-key"]
    by_context = "compound: graph/v1\nname: main\ncontext: {user: str}\n"
    own.edit("graphs/main.yaml", "compound: graph/v1\nname: main\ninput: {given: {user: json}}\n", by_context)
    own.edit("graphs/main.yaml", "$input.given.user", "$context.user")
    assert own.codes() == []
    assert (own.run(context={"user": "ann"}).output or {})["rows"] == [{"order_id": 1}, {"order_id": 3}]
    anybody = {**CALLER, "params": "{user: {type: VARCHAR}}"}
    assert querying(desk, anybody, BY_USER, KEYED, "user").codes() == ["sql.customer"]


def _default(desk: Desk) -> None:
    assert querying(desk, {"params": "{n: {type: INTEGER}}"}, ONE).codes() == ["graph.missing-argument"]
    assert rows_of(querying(desk, {"params": "{n: {type: INTEGER, default: 4}}"}, ONE)) == [{"total": 10}]


def _max(desk: Desk) -> None:
    assert rows_of(_param(desk, "type: INTEGER, max: 4"), n=4) == [{"total": 10}]
    assert rows_of(_param(desk, "type: INTEGER, max: 3"), n=4) == "tool.bad-input"


def _min(desk: Desk) -> None:
    assert rows_of(_param(desk, "type: INTEGER, min: 1"), n=1) == [{"total": 30}]
    assert rows_of(_param(desk, "type: INTEGER, min: 2"), n=1) == "tool.bad-input"


def _values(desk: Desk) -> None:
    assert rows_of(_param(desk, "type: INTEGER, values: [1, 4]"), n=4) == [{"total": 10}]
    assert rows_of(_param(desk, "type: INTEGER, values: [1, 3]"), n=4) == "tool.bad-input"


def _param_description(desk: Desk) -> None:
    assert _told(desk, "type: INTEGER, description: number of the order")["description"] == "number of the order"
    assert "description" not in _told(desk, "type: INTEGER")


def _told(desk: Desk, spec: str) -> dict[str, Any]:
    """What a model is told of the parameter `n` of a tool that its agent may call, as it goes over the wire."""
    with ReplayServer() as server:
        server.play(reply("Nobody."))
        project = querying(desk, {"params": f"{{n: {{{spec}}}}}", "scope": "customer"}, ONE, params="n")
        agent = AGENT.replace("TOOL", "sql.orders")
        files = {
            "graphs/agent.yaml": agent,
            "graphs/prompts/ask.md": ASK,
            "connectors/models.yaml": models_yaml(server.url),
        }
        assert project.write(files).run({}, "agent").output == {"answer": "Nobody."}
        tools: Any = server.seen[0].body["tools"]
    return tools[0]["input_schema"]["properties"]["n"]


def _limits(desk: Desk) -> None:
    assert len(rows_of(querying(desk))) == 4
    assert rows_of(querying(desk, {"limits": "{rows: 1}"})) == [{"order_id": 1, "total": 30}]


def _rows(desk: Desk) -> None:
    project = querying(desk, {"limits": "{rows: 3}"})
    assert [one["order_id"] for one in rows_of(project)] == [1, 2, 3]
    said = answer(asking(desk, {"limits": "{rows: 2}"}))
    assert (len(said["rows"]), said["truncated"]) == (2, True)


def _cell_chars(desk: Desk) -> None:
    sql = "SELECT note FROM orders ORDER BY order_id LIMIT 1"
    assert rows_of(querying(desk, sql=sql)) == [{"note": "a first note"}]
    assert rows_of(querying(desk, {"limits": "{cell_chars: 8}"}, sql)) == [{"note": "a first…"}]


def _bytes(desk: Desk) -> None:
    assert len(rows_of(querying(desk))) == 4
    assert len(rows_of(querying(desk, {"limits": "{bytes: 100}"}))) == 3


def _ms(desk: Desk) -> None:
    pairs = "SELECT count(*) AS n FROM {0} a, {0} b, {0} c WHERE (a.number * b.number + c.number) % 7 = 3"
    header = {"tables": "[many]", "limits": "{ms: 150}"}
    assert rows_of(querying(desk, header, pairs.format("many"))) == "lakehouse.timeout"
    few = pairs.format("(SELECT * FROM many LIMIT 9)")
    assert len(rows_of(querying(desk, {**header, "limits": "{ms: 5000}"}, few))) == 1


def _returns(desk: Desk) -> None:
    sql = "SELECT total FROM orders WHERE order_id = 1"
    assert rows_of(querying(desk, {"returns": "many"}, sql)) == [{"total": 30}]
    assert rows_of(querying(desk, {"returns": "one"}, sql)) == {"total": 30}
    assert rows_of(querying(desk, {"returns": "one"})) == "tool.many-rows"


def _scope(desk: Desk) -> None:
    assert querying(desk, lakehouse=KEYED).codes() == []
    assert querying(desk, {"scope": "customer"}, lakehouse=KEYED).codes() == ["sql.customer"]
    # No model may call what reads rows of everybody.
    assert _by_agent(desk, {"scope": "customer"}).codes() == []
    for scope in ("all", "identity"):
        assert _by_agent(desk, {"scope": scope}).codes() == ["sql.customer"]


def _by_agent(desk: Desk, header: Mapping[str, str | None]) -> Place:
    agent = AGENT.replace("TOOL", "sql.orders")
    files = {
        "graphs/agent.yaml": agent,
        "graphs/prompts/ask.md": ASK,
        "connectors/models.yaml": models_yaml("http://x"),
    }
    return querying(desk, header).write(files)


def _verified(desk: Desk) -> None:
    assert querying(desk).codes() == []
    unread = querying(desk, {"verified": None})
    assert _found(unread) == ["tool.bad-value"]


def _by(desk: Desk) -> None:
    for who in ("data-team", "Eva"):
        project = querying(desk, {"verified": f"{{by: {who}, at: 2026-11-20}}"})
        assert _listed(project)["verified"] == f"{who}, 2026-11-20"
        assert who in project.say("tools", "list").out
    assert _listed(querying(desk, {"scope": None, "verified": None}))["verified"] == ""


def _at(desk: Desk) -> None:
    for day in ("2026-11-20", "2025-01-31"):
        project = querying(desk, {"verified": f"{{by: eva, at: {day}}}"})
        assert _listed(project)["verified"] == f"eva, {day}"
        assert day in project.say("tools", "list").out


def _question(desk: Desk) -> None:
    project = querying(desk, {"verified": "{by: eva, at: 2026-11-20, question: What did they buy?}"})
    assert "eva, 2026-11-20: What did they buy?" in " ".join(project.say("tools", "list").out.split())
    assert "What did they buy?" not in querying(desk).say("tools", "list").out


KEYS = (
    Key("sql", "name", _name),
    Key("sql", "description", _description),
    Key("sql", "kind", _kind),
    Key("sql", "tables", _tables),
    Key("sql", "columns", _columns),
    Key("sql", "max_plan_rows", _max_plan_rows),
    Key("sql", "params", _params),
    Key("sql", "params.*.type", _type),
    Key("sql", "params.*.from", _from),
    Key("sql", "params.*.default", _default),
    Key("sql", "params.*.max", _max),
    Key("sql", "params.*.min", _min),
    Key("sql", "params.*.values", _values),
    Key("sql", "params.*.description", _param_description),
    Key("sql", "limits", _limits),
    Key("sql", "limits.rows", _rows),
    Key("sql", "limits.cell_chars", _cell_chars),
    Key("sql", "limits.bytes", _bytes),
    Key("sql", "limits.ms", _ms),
    Key("sql", "returns", _returns),
    Key("sql", "scope", _scope),
    Key("sql", "verified", _verified),
    Key("sql", "verified.by", _by),
    Key("sql", "verified.at", _at),
    Key("sql", "verified.question", _question),
)
