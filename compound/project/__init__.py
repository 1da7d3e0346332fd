"""Projects: find the root, load its folders, open what its profile names. The only reader of project files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.project._certify import Certification, Certifier
    from compound.project._compare import GraphComparison, compare_graphs
    from compound.project._erase import EraseReport
    from compound.project._explain import error_codes, explain
    from compound.project._findings import FindingFormat, show_findings
    from compound.project._formats import FormatResult, declared_files, format_files, write_schemas
    from compound.project._langgraph import compiled_graph, write_langgraph
    from compound.project._mcp_serve import serve_http, serve_stdio
    from compound.project._modules import ProjectModules
    from compound.project._project import Project, read_ticket_argument
    from compound.project._prune_report import PolicyCut, PruneReport
    from compound.project._review_views import Decided, ItemRow, ItemView
    from compound.project._reviews import ReviewService
    from compound.project._scaffold import Scaffold, init_project
    from compound.project._settings import (
        BATCH_KEYS,
        PROFILE_KEYS,
        PROJECT_KEYS,
        VARIABLES,
        Profile,
        Settings,
        find_root,
        load_settings,
    )
    from compound.project._trees import TraceTree, ago, trace_document, trace_row, trace_tree
    from compound.project._views import RunView, SeedReport, TrainView

_HOME: Final = {
    "Certification": "_certify",
    "Certifier": "_certify",
    "Decided": "_review_views",
    "FindingFormat": "_findings",
    "FormatResult": "_formats",
    "GraphComparison": "_compare",
    "ItemRow": "_review_views",
    "ItemView": "_review_views",
    "PROFILE_KEYS": "_settings",
    "BATCH_KEYS": "_settings",
    "PROJECT_KEYS": "_settings",
    "Profile": "_settings",
    "Project": "_project",
    "ProjectModules": "_modules",
    "PolicyCut": "_prune_report",
    "EraseReport": "_erase",
    "PruneReport": "_prune_report",
    "ReviewService": "_reviews",
    "RunView": "_views",
    "Scaffold": "_scaffold",
    "SeedReport": "_views",
    "Settings": "_settings",
    "TraceTree": "_trees",
    "TrainView": "_views",
    "VARIABLES": "_settings",
    "ago": "_trees",
    "compare_graphs": "_compare",
    "declared_files": "_formats",
    "error_codes": "_explain",
    "explain": "_explain",
    "find_root": "_settings",
    "format_files": "_formats",
    "init_project": "_scaffold",
    "load_settings": "_settings",
    "read_ticket_argument": "_project",
    "compiled_graph": "_langgraph",
    "serve_http": "_mcp_serve",
    "write_langgraph": "_langgraph",
    "serve_stdio": "_mcp_serve",
    "show_findings": "_findings",
    "trace_document": "_trees",
    "trace_row": "_trees",
    "trace_tree": "_trees",
    "write_schemas": "_formats",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


__all__ = [
    "BATCH_KEYS",
    "PROFILE_KEYS",
    "PROJECT_KEYS",
    "VARIABLES",
    "Certification",
    "Certifier",
    "Decided",
    "EraseReport",
    "FindingFormat",
    "FormatResult",
    "GraphComparison",
    "ItemRow",
    "ItemView",
    "PolicyCut",
    "Profile",
    "Project",
    "ProjectModules",
    "PruneReport",
    "ReviewService",
    "RunView",
    "Scaffold",
    "SeedReport",
    "Settings",
    "TraceTree",
    "TrainView",
    "ago",
    "compare_graphs",
    "compiled_graph",
    "declared_files",
    "error_codes",
    "explain",
    "find_root",
    "format_files",
    "init_project",
    "load_settings",
    "read_ticket_argument",
    "serve_http",
    "serve_stdio",
    "show_findings",
    "trace_document",
    "trace_row",
    "trace_tree",
    "write_langgraph",
    "write_schemas",
]
