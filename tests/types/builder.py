"""What pyright says of graphs written in Python. pyright runs it; nothing executes it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true
from typing import assert_type

from compound import Graph, Project, first, is_in, length, maybe
from compound.graph import Compiled
from compound.spec import GraphSpec
from compound.spec.python import Block, Condition, Reference

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
assert_type(graph.map(read.items), Block)
assert_type(graph.repeat(3), Block)

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
Graph()  # pyright: ignore[reportCallIssue]
