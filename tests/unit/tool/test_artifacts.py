"""Files that tools make: kept once by content, below their run, handed on by reference."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from compound.connector.artifacts import ArtifactStore
from compound.errors import ConnectorError, RunError
from compound.model.call.types import CallKey
from compound.project.offer.run_tools import RunFunction
from compound.tool import Artifact, keep, tool


@tool(blocking=True)
def note(text: str) -> Artifact:
    """Keep a text."""
    return keep(text.encode(), name="my / note", media_type="text/csv")


def _called(folder: Path, text: str, run_id: str = "r1") -> dict[str, object]:
    function = RunFunction(note, ArtifactStore(folder))
    value = asyncio.run(function.keyed({"text": text}, call=CallKey(run_id=run_id, node="n")))
    assert isinstance(value, dict)
    return dict(value)


def test_a_file_lies_below_its_run_and_the_graph_gets_its_place(tmp_path: Path) -> None:
    kept = _called(tmp_path, "a,b")
    path = tmp_path / str(kept["path"])
    assert path.read_bytes() == b"a,b"
    assert path.parent.name == "r1"
    assert path.name.startswith("my-note-")
    assert path.suffix == ".csv"
    assert kept["size_bytes"] == 3


def test_the_same_bytes_are_one_file_however_often_a_node_runs(tmp_path: Path) -> None:
    assert _called(tmp_path, "same") == _called(tmp_path, "same")
    assert _called(tmp_path, "other") != _called(tmp_path, "same")
    assert len(list(tmp_path.rglob("*.csv"))) == 2


@pytest.mark.parametrize("run_id", ["../../elsewhere", "/etc", ".hidden", "a/b", ""])
def test_a_run_id_never_leads_out_of_the_folder(tmp_path: Path, run_id: str) -> None:
    kept = _called(tmp_path / "files", "x", run_id)
    assert (tmp_path / "files" / str(kept["path"])).resolve().is_relative_to((tmp_path / "files").resolve())


def test_outside_of_a_run_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"tool\.no-run"):
        note("x")
    with pytest.raises(RunError, match=r"tool\.no-run"):
        asyncio.run(RunFunction(note, ArtifactStore(tmp_path))({"text": "x"}))


def test_a_folder_that_cannot_be_written_fails_the_tool(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConnectorError, match=r"artifact\.not-kept"):
        _called(tmp_path / "file", "x")
