"""What pyright says of graphs written in Python. pyright runs it; nothing executes it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true
from typing import assert_type

from compound import Graph, Project, first, is_in, length, maybe
from compound.graph import Compiled
from compound.spec import GraphSpec
from compound.spec.python import Block, Condition, Reference, Spare

graph = Graph("main", input={"text": "str"}, context={"day": "str"})
assert_type(graph.input, Reference)
assert_type(graph.input.text, Reference)
assert_type(graph.input["text"], Reference)

read = graph.tool("read", text=graph.input.text)
assert_type(read, Reference)
assert_type(graph.retrieve("handbook", query=read, top_k=3), Reference)
assert_type(graph.llm("writer", prompt="prompts/ask.md", text=read), Reference)
assert_type(graph.review(show=[read]), Reference)
assert_type(graph.effect("reply", text=read), Reference)
assert_type(graph.sql("orders", customer_id=read.customer), Reference)
assert_type(graph.specialist("intent@production", text=read), Reference)
assert_type(graph.agent("planner", prompt="prompts/plan.md", tools=["read"], text=read), Reference)
assert_type(graph.check("polite", text=read), Reference)
assert_type(graph.graph("triage", text=read), Reference)
assert_type(graph.context.day, Reference)
assert_type(graph.run.id, Reference)
assert_type(graph.output(said=read, many=[read, "a"], fixed=3), None)
assert_type(graph.shows(text=read.text, label=read.kind), None)

assert_type(graph.spare, Spare)
assert_type(graph.spare.tool("skim", text=read), Reference)
assert_type(graph.tool("read", name="again", text=read, fallback=graph.spare.sql("orders")), Reference)

assert_type(graph.map(read.items, parallel=4), Block)
assert_type(graph.repeat(3), Block)
with graph.map(read.items, name="each") as each:
    assert_type(each, Block)
    assert_type(each.item.text, Reference)
    assert_type(each.llm("writer", prompt="prompts/ask.md", text=each.item), Reference)
    assert_type(each.out(text=each.item), None)
with graph.repeat(3, name="rounds") as rounds:
    assert_type(rounds.previous.draft, Reference)
    draft = rounds.tool("write", text=rounds.previous.draft)
    assert_type(rounds.until(draft.ok == True), None)  # noqa: E712 - a condition of the graph
    assert_type(rounds.until("draft.ok"), None)
    rounds.out(draft=draft)
assert_type(each.value, Reference)

assert_type(maybe(read.note), Reference)
assert_type(is_in(read.kind, ["a", "b"]), Condition)
assert_type(length(read.items) > 2, Condition)
assert_type(read.size == 3, Condition)
assert_type((read.size > 3) & (read.kind == "a"), Condition)
assert_type(first(read.a, read.b), Reference)

assert_type(graph.build(), GraphSpec)


def compiled(project: Project) -> None:
    """A graph compiled by a project is what the project compiles."""
    assert_type(graph.compile(project), Compiled)
    assert_type(project.compile(graph), Compiled)


# What is wrong is said before it runs: each of these lines is an error of types, and pyright checks that it is.
graph.retrieve("handbook", top_k="three", query=read)  # pyright: ignore[reportArgumentType]
graph.llm("writer", text=read)  # pyright: ignore[reportCallIssue]
graph.tool()  # pyright: ignore[reportCallIssue]
graph.review(due=["2d"])  # pyright: ignore[reportArgumentType]
graph.map()  # pyright: ignore[reportCallIssue]
graph.repeat("three")  # pyright: ignore[reportArgumentType]
graph.agent("planner", tools=["read"])  # pyright: ignore[reportCallIssue]
each.until(3)  # pyright: ignore[reportArgumentType]
graph.shown(text=read)  # pyright: ignore[reportAttributeAccessIssue]
Graph()  # pyright: ignore[reportCallIssue]
