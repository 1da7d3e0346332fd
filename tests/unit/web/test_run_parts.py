"""What the pages of runs compute: differences, the time axis, figures, the form of a graph."""

from __future__ import annotations

from typing import Any

import pytest

from compound.errors import DataError
from compound.spec import load_graph
from compound.trace.recorder import Recorder
from compound.trace.store import MemoryStore
from compound.web.graphs.form import form_of, values_of
from compound.web.runs.compare import pairs, word_diff
from compound.web.runs.figures import cost_of, short_id, time_of
from compound.web.runs.story import RunStory, read_story
from compound.web.runs.waterfall import Waterfall, waterfall

MS = 1_000_000
FORM = """\
compound: graph/v1
name: main
types:
  Place: {street: str, floor: int?}
input:
  letter: {id: str, body: str, about: Place?}
  tone: enum(short, long)
  at: datetime?
  day: date?
  names: list[str]
  score: float?
  urgent: bool?
context: {tenant: str?}
nodes: {}
output: {}
"""


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0.04, "0.0 ms"),
        (9.96, "10.0 ms"),
        (12.4, "12 ms"),
        (1_234, "1.2 s"),
        (65_000, "1 min 5 s"),
        (120_000, "2 min"),
        (7_800_000, "2 h 10 min"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_a_time_has_few_characters(ms: float, said: str) -> None:
    assert time_of(ms) == said


def test_costs_and_ids_are_short() -> None:
    assert [cost_of(usd) for usd in (None, 0.0, 0.00312, 1.2, 1234.5)] == ["", "$0", "$0.0031", "$1.20", "$1,234.50"]
    assert (short_id("f" * 32), short_id("eval-1-case-7")) == ("f" * 12, "eval-1-case-7")


def test_words_that_are_the_same_are_not_shown_as_changed() -> None:
    assert word_diff("We sent it on Monday.", "We send it on Friday.") == [
        ("same", "We "), ("gone", "sent"), ("new", "send"), ("same", " it on "), ("gone", "Monday"), ("new", "Friday"),
        ("same", "."),
    ]  # fmt: skip
    long = "word " * 5_000
    assert word_diff(long, f"{long}x") == [("gone", long), ("new", f"{long}x")]


def story(run_id: str = "r", **outputs: object) -> RunStory:
    """A run whose nodes gave these outputs."""
    store = MemoryStore()
    recorder = Recorder(store)
    with recorder.run(graph_name="g", graph_hash="h", run_id=run_id, thread_id=run_id):
        for name, value in outputs.items():
            with recorder.node(name, kind="tool") as node:
                if value is ...:
                    node.skip("its condition does not hold")
                else:
                    node.output(value)
    return store.read(lambda session: read_story(session, run_id, None, None))


def test_only_the_places_of_an_output_that_differ_are_shown() -> None:
    one = story(draft={"text": "Hello Ann", "rows": [1, 2], "who": "ann"}, same=1, gone=2, kind=True)
    other = story(draft={"text": "Hello Bob", "rows": [1, 3, 4], "new": None}, same=1, gone=..., kind=1)
    found = {pair.path: pair for pair in pairs(one, other)}
    assert [(change.place, list(change.pieces)) for change in found["draft"].changes] == [
        ("rows[1]", [("gone", "2"), ("new", "3")]),
        ("rows[2]", [("new", "4")]),
        ("text", [("same", "Hello "), ("gone", "Ann"), ("new", "Bob")]),
        ("who", [("gone", "ann")]),
        ("new", [("new", "null")]),
    ]
    assert not found["same"].differs
    assert (found["gone"].differs, found["gone"].is_known, found["gone"].states) == (True, False, ("done", "skipped"))
    assert [(change.place, list(change.pieces)) for change in found["kind"].changes] == [
        ("", [("gone", "true"), ("new", "1")])
    ]
    assert [pair.differs for pair in pairs(one, other)] == [True, True, True, False]


def span(kind: str, begin: int, end: int, *, parent: str | None = None, leg: str = "1", **more: Any) -> dict[str, Any]:
    """A span with times in milliseconds."""
    given = dict.fromkeys(
        ("node_name", "node_kind", "attempt", "cost_usd", "node_span_id", "status_message", "error_type")
    )
    return {
        **given, "kind": kind, "name": f"{kind} {begin}", "span_id": f"{leg}{kind}{begin}", "parent_span_id": parent,
        "leg_id": leg, "start_time_unix_nano": begin * MS, "end_time_unix_nano": end * MS, "status_code": "OK",
        "attributes": {}, **more,
    }  # fmt: skip


def drawn(spans: list[dict[str, Any]], status: str, now: int) -> Waterfall:
    made = RunStory(
        run_id="r", trace_id="t", graph="g", graph_hash="h", item_id="", status=status, is_replay=False, error="",
        spans=spans, nodes={},
    )  # fmt: skip
    return waterfall(made, now * MS)


def test_the_time_in_which_nobody_worked_is_short_however_long_it_was() -> None:
    first = span("workflow", 0, 100, leg="1")
    later = span("workflow", 90_000_100, 90_000_200, leg="2")
    found = drawn([first, span("node", 50, 100, parent=first["span_id"]), later], "done", 99_000_000)
    assert [(bar.x, bar.width) for bar in found.bars] == [(0, 47), (23.5, 23.5), (53, 47)]
    assert [(wait.x, wait.width, wait.took) for wait in found.waits] == [(47, 6, "1 d 1 h")]
    assert [text for _, text in found.ticks] == ["0.0 ms", "50 ms", "100 ms", "150 ms", "200 ms"]


def test_a_run_that_waits_ends_with_its_waiting() -> None:
    found = drawn([span("workflow", 0, 100)], "paused", 60_100)
    assert [(wait.x, wait.took) for wait in found.waits] == [(94, "1 min")]
    assert drawn([span("workflow", 0, 100)], "done", 60_100).waits == []
    assert drawn([], "running", 5) == Waterfall(bars=(), waits=(), ticks=())


def test_nodes_of_a_killed_leg_stand_on_the_axis() -> None:
    found = drawn([span("node", 0, 40, parent="lost"), span("node", 60, 100, parent="lost")], "unfinished", 500)
    assert [(bar.x, bar.width) for bar in found.bars] == [(0, 40), (60, 40)]
    assert found.waits == []


def test_a_form_has_a_field_for_each_part_of_the_input() -> None:
    spec = load_graph(FORM.encode(), "graphs/main.yaml")
    example = {"letter": {"id": "L1", "body": "Why?"}, "names": ["a"], "tone": "long"}
    assert [(one.name, one.kind, one.is_required, one.value) for one in form_of(spec, example)] == [
        ("input.letter.id", "text", True, "L1"),
        ("input.letter.body", "text", True, "Why?"),
        ("input.letter.about.street", "text", False, ""),
        ("input.letter.about.floor", "number", False, ""),
        ("input.tone", "choice", True, "long"),
        ("input.at", "time", False, ""),
        ("input.day", "date", False, ""),
        ("input.names", "json", True, '[\n  "a"\n]'),
        ("input.score", "number", False, ""),
        ("input.urgent", "yes_no", False, ""),
        ("context.tenant", "text", False, ""),
    ]


def test_a_sent_form_becomes_values_of_their_types() -> None:
    spec = load_graph(FORM.encode(), "graphs/main.yaml")
    sent = {
        "input.letter.id": "7", "input.letter.body": "a\r\nb", "input.letter.about.floor": "3", "input.tone": "short",
        "input.day": "2026-03-01", "input.names": '["x"]', "input.score": "", "input.urgent": "false", "context.tenant": "north", "csrf": "no",
    }  # fmt: skip
    assert values_of(spec, sent) == (
        {
            "letter": {"id": "7", "body": "a\nb", "about": {"floor": 3}},
            "tone": "short",
            "day": "2026-03-01",
            "names": ["x"],
            "urgent": False,
        },
        {"tenant": "north"},
    )
    with pytest.raises(DataError, match=r"letter\.about\.floor: 'three' is not a number") as caught:
        values_of(spec, {**sent, "input.letter.about.floor": "three"})
    assert caught.value.code == "project.bad-input"
