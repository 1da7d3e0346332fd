"""A node that fails says where it stands: file and line of its graph, of a block at the block, inside graphs too."""

from __future__ import annotations

import pytest

from compound import testing

TOOLS = """\
from typing import Any

from compound import tool


@tool
def count(word: str) -> Any:
    return word
"""
INNER = """\
compound: graph/v1
name: inner
input: {word: str}
nodes:
  counted:
    use: tool
    tool: count
    in: {word: $input.word}
    out: int
output: {n: $counted}
"""
DIRECT = INNER.replace("name: inner", "name: direct")
BLOCK = """\
compound: graph/v1
name: block
input: {word: str}
nodes:
  rounds:
    map: {each: [$input.word], as: one}
    nodes:
      counted:
        use: tool
        tool: count
        in: {word: $one}
        out: int
output: {n: $rounds}
"""
OUTER = """\
compound: graph/v1
name: outer
input: {word: str}
nodes:
  # a line more
  below: {use: graph, graph: inner, in: {word: $input.word}}
output: {n: $below.n}
"""


@pytest.mark.parametrize(
    ("graph", "where"),
    [("direct", "graphs/direct.yaml:5"), ("block", "graphs/block.yaml:5"), ("outer", "graphs/inner.yaml:5")],
)
def test_the_place_of_the_node_that_failed(graph: str, where: str) -> None:
    files = {"tools/words.py": TOOLS, "graphs/inner.yaml": INNER, "graphs/direct.yaml": DIRECT}
    with testing.project({**files, "graphs/block.yaml": BLOCK, "graphs/outer.yaml": OUTER}) as desk:
        result = desk.run(graph=graph, word="three")
        assert result.status == "failed"
        assert result.error is not None
        assert result.error["code"] == "graph.bad-value"
        assert f"{result.error['file']}:{result.error['line']}" == where
        assert str(result.error["what"]).startswith("node ")
