"""Pictures of graphs: everything is there, nothing lies on anything else, colours can be read."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.graph.drawing.layout import Layout, place
from compound.graph.drawing.mermaid import draw
from compound.graph.drawing.picture import LOOKS, picture
from compound.graph.drawing.svg import INK, PAPER, QUIET, draw_svg
from compound.spec import load_graph

HEAD = "compound: graph/v1\nname: g\ninput: {x: str}\nnodes:\n"
SVG = "{http://www.w3.org/2000/svg}"


def laid_out(text: str) -> Layout:
    return place(picture(load_graph(text, "g")))


def words(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@st.composite
def graphs(draw_: st.DrawFn) -> str:
    """Acyclic graphs of tools: each node takes from any of those before it."""
    count = draw_(st.integers(1, 14))
    lines: list[str] = []
    for number in range(count):
        sources = draw_(st.sets(st.integers(0, number - 1), max_size=4)) if number else set[int]()
        given = ", ".join(f"i{one}: $n{one}?" for one in sorted(sources)) or "x: $input.x"
        when = ", when: input.x != 'stop'" if draw_(st.booleans()) else ""
        lines.append(f"  n{number}: {{use: tool, tool: t{number}{when}, in: {{{given}}}}}")
    return HEAD + "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None)
@given(text=graphs())
def test_cards_lie_apart_and_inside_and_arrows_go_down(text: str) -> None:
    found = laid_out(text)
    for one in found.cards:
        assert one.x - one.width / 2 > 0
        assert one.x + one.width / 2 < found.width
        assert one.y - one.height / 2 > 0
        assert one.y + one.height / 2 < found.height
    for one, other in combinations(found.cards, 2):
        apart_x = abs(one.x - other.x) - (one.width + other.width) / 2
        apart_y = abs(one.y - other.y) - (one.height + other.height) / 2
        assert max(apart_x, apart_y) > 0
    for _, points in found.ways:
        for upper, lower in pairwise(points):
            assert upper.y + upper.height / 2 < lower.y - lower.height / 2 + 1e-6


@settings(max_examples=40, deadline=None)
@given(text=graphs())
def test_every_node_is_drawn_once_and_the_same_each_time(text: str) -> None:
    spec = load_graph(text, "g")
    svg = draw_svg(spec)
    assert svg == draw_svg(spec)
    names = [word for word in words(svg) if word in spec.nodes]
    assert sorted(names) == sorted(spec.nodes)
    mermaid = draw(spec)
    assert all(f"<b>{name}</b>" in mermaid for name in spec.nodes)


SIDE_BY_SIDE = HEAD + (
    "  first: {use: tool, tool: t, in: {x: $input.x}}\n"
    "  a: {use: sql, tool: a, when: first.ok, in: {x: $first.x}}\n"
    "  b: {use: sql, tool: b, when: first.ok, in: {x: $first.x}}\n"
    "  c: {use: sql, tool: c, when: first.ok, in: {x: $first.x}}\n"
    "  last: {use: tool, tool: t, in: {a: $a?, b: $b?, c: $c?}}\n"
)


def test_nodes_that_say_the_same_stand_in_one_frame() -> None:
    found = laid_out(SIDE_BY_SIDE)
    together = [one.card for one in found.cards if one.card and one.card.rows]
    assert [[box.name for box in card.rows] for card in together] == [["a", "b", "c"]]
    assert [word for word in words(draw_svg(load_graph(SIDE_BY_SIDE, "g"))) if word.startswith("when")] == [
        "when first.ok"
    ]


def test_a_condition_of_its_own_keeps_a_node_out_of_the_frame() -> None:
    text = SIDE_BY_SIDE.replace("tool: c, when: first.ok", "tool: c, when: first.sure")
    assert not [one for one in laid_out(text).cards if one.card and one.card.rows]


def test_reviews_and_effects_are_never_hidden_in_a_frame() -> None:
    text = HEAD + "".join(f"  ask{n}: {{use: review, show: [$input.x]}}\n" for n in range(3))
    assert not [one for one in laid_out(text).cards if one.card and one.card.rows]


def test_a_block_shows_its_nodes_and_a_description_is_at_hand() -> None:
    text = HEAD + (
        "  answer:\n    description: Write until it holds.\n    repeat: {max: 3}\n    nodes:\n"
        "      draft: {use: llm, model: writer, prompt: p.md, in: {x: $input.x}}\n"
        "      proof: {use: check, kind: facts, in: {d: $draft}}\n"
    )
    svg = draw_svg(load_graph(text, "g"))
    assert {"answer", "repeat · at most 3", "draft", "llm · writer", "proof", "check · facts"} <= set(words(svg))
    assert "<title>Write until it holds.</title>" in svg


def test_text_of_strangers_is_escaped() -> None:
    text = HEAD + "  a: {use: tool, tool: '</text><script>', description: '<b>&', when: \"input.x < 'b'\", in: {}}\n"
    svg = draw_svg(load_graph(text, "g"))
    assert "<script" not in svg
    ElementTree.fromstring(svg)


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2: from 1 to 21; 4.5 is needed for text."""
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _tinted(colour: str, share: float = 0.07) -> str:
    parts = [round(255 * (1 - share) + int(colour[place : place + 2], 16) * share) for place in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize("kind", LOOKS)
def test_every_kind_can_be_read(kind: str) -> None:
    colour = LOOKS[kind].colour
    assert _contrast(colour, PAPER) >= 4.5
    if kind not in {"input", "output"}:
        assert min(_contrast(text, _tinted(colour)) for text in (colour, INK, QUIET)) >= 4.5


def test_the_support_desk_fits_a_page() -> None:
    from pathlib import Path

    root = Path(__file__).resolve().parents[4]
    svg = draw_svg(load_graph((root / "graphs/support_reply.yaml").read_bytes(), "graphs/support_reply.yaml"))
    width = float(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    assert width <= 800
