"""Chunks are spans of the text, in order, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.retrieval.chunkers import MarkdownChunker, TextChunker, WholeChunker
from compound.retrieval.types import Chunker

PAGE = """Before any heading.

# Returns

You have 30 days.

## Exceptions ##

Gift cards. Final sale.

```sh
# not a heading
```

# Exchanges
### Deep
One item for another.
"""


def test_markdown_keeps_headings_and_offsets() -> None:
    chunks = MarkdownChunker(max_chars=200).chunk(PAGE)
    assert [(PAGE[c.start : c.end], c.heading) for c in chunks] == [
        ("Before any heading.", ""),
        ("You have 30 days.", "Returns"),
        ("Gift cards. Final sale.\n\n```sh\n# not a heading\n```", "Returns > Exceptions"),
        ("One item for another.", "Exchanges > Deep"),
    ]


def test_long_paragraphs_are_cut_at_sentences_then_anywhere() -> None:
    text = "One short sentence. Another short one! " + "x" * 70
    found = [text[c.start : c.end] for c in TextChunker(max_chars=30).chunk(text)]
    assert found == ["One short sentence.", "Another short one!", "x" * 30, "x" * 30, "x" * 10]


CHUNKERS: tuple[Chunker, ...] = (WholeChunker(), TextChunker(max_chars=20), MarkdownChunker(max_chars=20))


@pytest.mark.parametrize("chunker", CHUNKERS, ids=lambda c: c.fingerprint)
@given(text=st.text(alphabet=st.sampled_from("ab .!\n#`é中\t"), max_size=300))
def test_spans_lie_in_order_and_hold_every_character_of_text(chunker: Chunker, text: str) -> None:
    chunks = chunker.chunk(text)
    end = 0
    for chunk in chunks:
        assert end <= chunk.start < chunk.end <= len(text)
        assert text[chunk.start : chunk.end].strip() == text[chunk.start : chunk.end]
        end = chunk.end
    kept = "".join(text[c.start : c.end] + c.heading for c in chunks)
    if not isinstance(chunker, MarkdownChunker):
        assert "".join(kept.split()) == "".join(text.split())
        assert isinstance(chunker, WholeChunker) or all(c.end - c.start <= 20 for c in chunks)


def test_blank_documents_have_no_passage() -> None:
    for chunker in CHUNKERS:
        assert chunker.chunk("") == []
        assert chunker.chunk(" \n\t ") == []
    assert len({chunker.fingerprint for chunker in CHUNKERS}) == 3
