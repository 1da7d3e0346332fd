"""Hashes that are stored stay what they are: runs, certificates and kept graphs of yesterday are found by them."""

from __future__ import annotations

import hashlib

import pytest

from compound.connector.state.digest import digest
from compound.connector.state.items import content_sha256
from compound.graph.change.lineage import lineages
from compound.graph.planning.planning import plan
from compound.language.sha import sha
from compound.spec import load_graph

GRAPH = """\
compound: graph/v1
name: known
input: {word: str}
nodes:
  a: {use: tool, tool: look, in: {word: $input.word}}
  b: {use: llm, model: m, prompt: p.md, in: {a: $a}, out: {x: "int?"}}
output: {b: $b}
"""


def test_hashes_of_a_graph() -> None:
    made = plan(load_graph(GRAPH, "graphs/known.yaml"))
    assert made.hash == "4066863f30e002aa0f7aea82740653c83d1f85ea9a309b79a76d12cbc9c602d4"
    assert {name: step.config_hash for name, step in made.steps.items()} == {
        "a": "8582f19845de5efd",
        "b": "5b5377378ac44d3c",
    }
    assert lineages(made.spec) == {"a": "bdb77fa029e6dcac", "b": "447e462f839a856f"}


def test_hashes_of_contents() -> None:
    assert content_sha256({"id": "T1", "text": "ä"}, {"now": 1}) == (
        "bd883cc49ff9f61cf2713d3b3376abdea9eea7594a2924e43f990d9e179bf125"
    )
    assert digest({"b": [1, 2.5, None], "a": "ä"}) == (
        "4b12564ba8344d191c82cc500017c21887ae57ff2cd79203f3afc1500a4f50d5"
    )


@pytest.mark.parametrize("characters", [8, 16, 64])
def test_a_text_is_hashed_as_utf_8(characters: int) -> None:
    assert sha("ä", characters) == sha("ä".encode(), characters) == hashlib.sha256(b"\xc3\xa4").hexdigest()[:characters]
