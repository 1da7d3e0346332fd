"""Mail that others wrote runs nothing, loads nothing, fills in nothing, and hides nothing."""

from __future__ import annotations

import pytest

from compound.web.reviews.one.diff import word_diff
from compound.web.reviews.one.mail import sanitized

ATTACKS = (
    "<script>steal()</script>",
    "<img src=x onerror=steal()>",
    '<img src="https://tracker.example/p.gif">',
    '<a href="javascript:steal()">x</a>',
    '<a href="data:text/html,<script>steal()</script>">x</a>',
    '<svg onload=steal()><style>@import "https://tracker.example"</style></svg>',
    '<form action="https://evil.example"><input name=csrf><button>Approve</button></form>',
    '<div data-key="Control+Enter" id="approve" class="primary" style="position:fixed">x</div>',
    '<iframe src="https://evil.example"></iframe><object data=x></object><embed src=x>',
    '<base href="https://evil.example"><meta http-equiv=refresh content=0><link rel=stylesheet href=x>',
    '<video poster="https://tracker.example"></video><audio src=x></audio>',
    "<math><mtext><table><mglyph><style><img src onerror=steal()></style></mglyph></table></mtext></math>",
    '<noscript><p title="</noscript><img src=x onerror=steal()>"></noscript>',
    "<details open ontoggle=steal()>x</details>",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_loads_or_can_be_filled_in(attack: str) -> None:
    html = str(sanitized(f"before {attack} after")).lower()
    for word in ("<script", "<img", "<form", "<input", "<button", "<iframe", "<style", "<svg", "<video", "<base"):
        assert word not in html
    for word in ("onerror=", "onload=", "ontoggle=", "javascript:", "data-key", 'class="primary', "style=", " id="):
        assert word not in html.replace("&lt;", "")
    assert "before" in html


def test_text_and_links_stay_and_say_where_they_lead() -> None:
    html = str(sanitized('<h1>Hi</h1><p>See <a href="https://shop.example/a">this</a></p>'))
    assert html == (
        '<p><strong>Hi</strong></p><p>See <a href="https://shop.example/a" rel="noopener noreferrer nofollow">'
        "this</a></p>"
    )


def test_hidden_characters_are_chips_also_beside_an_address_with_a_bracket() -> None:
    html = str(sanitized('<a href="https://x.example/?a>\u202e">pay\u202e</a>'))
    assert html.count("chip-hidden") == 1
    assert "pay<span" in html


def test_a_change_of_words_is_shown_as_words() -> None:
    html = str(word_diff("You get $85.77 back.\nBye", "You get $80.00 back.\n<b>Bye</b>"))
    assert "<del>85</del><ins>80</ins>" in html
    assert "&lt;" in html
    assert "<b>" not in html
    assert str(word_diff("same", "same")) == ""
    long = "\n".join(f"line {n}" for n in range(5000))
    assert "<del>line 7\n</del>" in str(word_diff(long, long.replace("line 7\n", "", 1)))
