"""What a person reads of a run: the tree of its spans, its error, the evidence of its review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.errors import PROJECT_PACKAGE, Location, raised_in_project
from compound.project.view.evidence import short_row  # pyright: ignore[reportPrivateUsage]
from compound.project.view.trees import TraceTree
from compound.project.view.views import RunView

if TYPE_CHECKING:
    from compound.project.view.trees import Span


def test_a_model_that_gave_no_usable_answer_is_seen_in_the_tree() -> None:
    attributes = {"abstained": True, "abstain_reason": "$: 'text' is missing"}
    times = {"start_time_unix_nano": 0, "end_time_unix_nano": 2_000_000, "status_code": "OK"}
    draft: Span = {"span_id": "a", "name": "node draft", "kind": "node", "node_kind": "llm", **times}
    tree = TraceTree(run_id="r", spans=[{**draft, "attributes": attributes}])
    assert tree.text() == "draft  2.0 ms  llm · no answer: $: 'text' is missing"
    assert "no answer" not in TraceTree(run_id="r", spans=[draft]).text()


def test_an_error_of_a_run_reads_with_its_place_its_code_and_its_fix() -> None:
    error = {"code": "graph.timeout", "what": "node a: took too long", "fix": "a longer one", "file": "", "line": 0}
    assert dict(_run(error).shown())["error"] == "node a: took too long [graph.timeout]\n  fix: a longer one"
    placed = _run({**error, "file": "tools/a.py", "line": 3, "fix": ""})
    assert dict(placed.shown())["error"] == "tools/a.py:3: node a: took too long [graph.timeout]"


def _run(error: dict[str, str | int]) -> RunView:
    return RunView(run_id="r", status="failed", output=None, review_ids=(), values={}, error=error)


@given(st.text(alphabet="ab ", max_size=400))
def test_evidence_is_cut_short_and_never_inside_a_word(text: str) -> None:
    shown = short_row(text)
    assert len(shown) <= 160
    if shown != text:
        head = shown.removesuffix("...")
        assert text.startswith(head)
        assert text[len(head)] == " " or " " not in head[80:]


def test_only_code_of_the_project_is_a_place() -> None:
    code = compile("\n\n1 / 0", "cut.py", "exec")
    for name, place in ((f"{PROJECT_PACKAGE}.shop.tools.cut", Location("tools/cut.py", 3)), ("elsewhere.cut", None)):
        with pytest.raises(ZeroDivisionError) as caught:
            exec(code, {"__name__": name})
        assert raised_in_project(caught.value) == place
