"""Frozen models of every declared file, references and conditions. Imports nothing heavy until it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.spec._findings import Finding, InvalidFile
    from compound.spec._parse import ParsedGraph, build_graph, load_graph, parse_graph
    from compound.spec.graph_file import GraphSpec
    from compound.spec.yaml_file import SourceMap, YamlDocument, read_yaml, read_yaml_file

_HOME: Final = {
    "Finding": "_findings",
    "GraphSpec": "graph_file",
    "InvalidFile": "_findings",
    "ParsedGraph": "_parse",
    "SourceMap": "yaml_file",
    "YamlDocument": "yaml_file",
    "build_graph": "_parse",
    "load_graph": "_parse",
    "parse_graph": "_parse",
    "read_yaml": "yaml_file",
    "read_yaml_file": "yaml_file",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


__all__ = [
    "Finding",
    "GraphSpec",
    "InvalidFile",
    "ParsedGraph",
    "SourceMap",
    "YamlDocument",
    "build_graph",
    "load_graph",
    "parse_graph",
    "read_yaml",
    "read_yaml_file",
]
