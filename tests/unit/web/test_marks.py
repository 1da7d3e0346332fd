"""The exact words that a claim rests on are marked, however parts repeat, contain each other or overlap."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from compound.web.reviews.one.marks import Span, marked


def lit(html: str, claim: int) -> list[str]:
    """The texts inside the marks of a claim."""
    found: list[str] = []
    open_: list[tuple[int, int]] = []
    text = ""
    for piece in re.findall(r"<[^>]+>|[^<]+", html):
        if piece.startswith("<mark"):
            number = re.search(r'data-claim="(\d+)"', piece)
            open_.append((int(number.group(1)) if number else 0, len(text)))
        elif piece == "</mark>":
            number_, start = open_.pop()
            if number_ == claim:
                found.append(text[start:])
        elif not piece.startswith("<"):
            text += piece
    return found


def test_one_part_in_another_and_two_that_overlap() -> None:
    text = "A refund is paid within 7 days."
    html = str(marked(text, [Span(24, 25, 1, "c1"), Span(0, 31, 2, "c2"), Span(12, 26, 3, "c3")]))
    assert lit(html, 1) == ["7"]
    assert lit(html, 2) == [text]
    assert lit(html, 3) == ["paid within 7 "]
    assert html.count('id="c1"') == html.count('id="c2"') == html.count('id="c3"') == 1
    crossing = str(marked("abcdef", [Span(0, 4, 1, "c1"), Span(2, 6, 2, "c2")]))
    assert "".join(lit(crossing, 1)) == "abcd"
    assert "".join(lit(crossing, 2)) == "cdef"
    assert crossing.count("id=") == 2


def test_what_is_marked_is_escaped_and_hidden_characters_are_shown() -> None:
    html = str(marked("<b>\u202e1</b>", [Span(3, 5, 1, "c1")]))
    assert "<b>" not in html
    assert html.startswith("&lt;b&gt;<mark")
    assert "U+202E" in html


@given(st.text("ab <&\n", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=6))
def test_marks_are_nested_and_lose_nothing(text: str, parts: list[tuple[int, int]]) -> None:
    spans = [
        Span(min(a, len(text)), min(a + n, len(text)), i, f"c{i}")
        for i, (a, n) in enumerate(parts)
        if min(a, len(text)) < min(a + n, len(text))
    ]
    html = str(marked(text, spans))
    plain = re.sub(r"<[^>]+>", "", html).replace("&lt;", "<").replace("&amp;", "&")
    assert plain == text
    for span in spans:
        got = "".join(lit(html.replace("&lt;", "\x01").replace("&amp;", "\x02"), span.claim))
        assert got == text[span.start : span.end].replace("<", "\x01").replace("&", "\x02")
