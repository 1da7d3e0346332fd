"""A question to a set of documents: each read on its own, merged in bounded groups, every line with its documents."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from compound.errors import ModelError
from compound.model import ModelRequest
from tests.e2e.desk_homes import Home
from tests.project.desk.way import part
from tests.support.showcase import output, run_json, scripted

GRAPH = "map_reduce"


def _documents(count: int) -> list[Any]:
    return [{"id": f"d{at}", "title": f"Page {at}", "text": f"Fee number {at} is {at} dollars."} for at in range(count)]


def _extract(request: ModelRequest) -> str:
    document: Any = request.inputs["document"]
    return json.dumps([{"text": f"It costs {document['id']}.", "quote": document["text"].upper()}])


def _merge(request: ModelRequest) -> str:
    """Two lines out of each group, the way a model that condenses would."""
    lines: Any = request.inputs["lines"]
    half = -(-len(lines) // 2)
    parts = [lines[:half], lines[half:]]
    merged = [
        {"text": f"{len(part)} notes.", "cites": sorted({c for line in part for c in line["cites"]})} for part in parts
    ]
    return json.dumps([line for line in merged if line["cites"]])


def test_what_the_handbook_says_is_quoted_with_its_pages(lean: Home) -> None:
    found = run_json(lean, GRAPH, "question=How long do refunds take?")
    assert "- Refunds to a gift card are there immediately. [gift-cards]" in found["text"]
    pages = {path.stem: path.read_text(encoding="utf-8") for path in _policies()}
    for line in found["lines"]:
        assert line["cites"]
        for cited in line["cites"]:
            assert _words(line["text"]) in _words(pages[cited])
    assert {*found["silent"], *(one for line in found["lines"] for one in line["cites"])} <= pages.keys()


def _policies() -> Any:
    from tests.e2e.desk_homes import ROOT

    return (ROOT / "connectors/sample/policies").glob("*.md")


def _words(text: str) -> str:
    return " ".join(text.replace("*", "").replace("|", " ").replace(":", " ").casefold().split())


def test_a_hundred_documents_are_merged_in_bounded_groups(lean: Home) -> None:
    with scripted(lean, extractor=_extract, reducer=_merge) as (project, models):
        found = output(project.run(GRAPH, {"question": "fees", "documents": _documents(100)}))
    assert len(models.asked["extractor"]) == 100
    sizes = [len(cast("list[Any]", request.inputs["lines"])) for request in models.asked["reducer"]]
    assert max(sizes) <= 12
    assert len(sizes) == 9 + 2 + 1  # 100 lines, 18 lines, 4 lines
    assert len(found["lines"]) == 2
    assert {one for line in found["lines"] for one in line["cites"]} == {f"d{at}" for at in range(100)}


def test_a_document_that_fails_is_named_and_the_others_are_read(lean: Home) -> None:
    def extract(request: ModelRequest) -> Any:
        if '"d1"' in str(request.messages[0].content):
            raise ModelError("model.provider-down", "no answer")
        return _extract(request)

    odd: list[Any] = [*_documents(3), {"id": "empty", "title": "", "text": " "}, {"title": "no id"}]
    with scripted(lean, extractor=extract, reducer=_merge) as (project, _):
        found = output(project.run(GRAPH, {"question": "fees", "documents": odd}))
    assert [line.partition(":")[0] for line in found["skipped"]] == ["d1", "empty", "item 4"]
    assert "model.provider-down" in found["skipped"][0]
    assert "has 1 characters" in found["skipped"][1]
    assert "2 documents read, 2 cited, 0 say nothing about it, 3 skipped" in found["notes"][0]


def test_words_that_stand_in_no_document_are_dropped_and_counted(lean: Home) -> None:
    def extract(request: ModelRequest) -> str:
        return json.dumps([{"text": "It is free.", "quote": "Everything is free."}, *json.loads(_extract(request))])

    with scripted(lean, extractor=extract, reducer=_merge) as (project, _):
        found = output(project.run(GRAPH, {"question": "fees", "documents": _documents(2)}))
    assert "It is free" not in found["text"]
    assert "2 points were dropped: their words are in no document" in found["notes"]


def test_a_citation_that_nobody_saw_is_taken_out(lean: Home) -> None:
    merged = [
        {"text": "All cost something.", "cites": ["d0", "invented"]},
        {"text": "Trust me.", "cites": ["invented"]},
    ]
    with scripted(lean, extractor=_extract, reducer=[json.dumps(merged)]) as (project, _):
        found = output(project.run(GRAPH, {"question": "fees", "documents": _documents(2)}))
    assert found["text"] == "- All cost something. [d0]"
    assert "merging left out all that these say: d1" in found["notes"]


def test_a_merge_that_fails_leaves_its_lines_as_they_were(lean: Home) -> None:
    with scripted(lean, extractor=_extract, reducer=[ModelError("model.provider-down", "no answer")] * 9) as (
        project,
        _,
    ):
        found = output(project.run(GRAPH, {"question": "fees", "documents": _documents(3)}))
    assert [line["cites"] for line in found["lines"]] == [["d0"], ["d1"], ["d2"]]
    assert any("not merged" in note for note in found["notes"])


def test_nothing_said_is_an_empty_result_not_a_failure(lean: Home) -> None:
    found = run_json(lean, GRAPH, "question=zeppelin", "documents=[]")
    assert (found["text"], found["lines"]) == ("", [])


_LINES = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=9000), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(lines=_LINES)
def test_groups_hold_every_line_once_in_order_and_never_too_much(lines: list[tuple[str, list[str]]]) -> None:
    condensing = part("tools.backlog.condensing")
    given_lines = [condensing.Line(text=text, cites=cites) for text, cites in lines]
    groups = list(condensing.groups_of(given_lines))
    assert [line for group in groups for line in group] == given_lines
    for group in groups:
        assert 1 <= len(group) <= condensing.GROUP_LINES
        assert len(group) == 1 or sum(len(line.text) for line in group) <= condensing.GROUP_CHARS


@settings(max_examples=60, deadline=None)
@given(lines=_LINES.filter(bool), cites=st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=5))
def test_whatever_a_merge_says_every_line_cites_what_its_group_cites(
    lines: list[tuple[str, list[str]]], cites: list[list[str]]
) -> None:
    condensing = part("tools.backlog.condensing")
    group = [condensing.Line(text=text, cites=own) for text, own in lines]
    made = condensing.cited_lines(group, [condensing.Line(text="said", cites=one) for one in cites])
    known = {one for line in group for one in line.cites}
    assert made
    assert all(line.cites and set(line.cites) <= known for line in made)
