"""`back=` never leads to another site, however it is written."""

from __future__ import annotations

import pytest

from compound.web.door.back import inside


@pytest.mark.parametrize("path", ["/reviews", "/reviews/abc?view=ready", "/runs/1#x", "/reviews?q=a%20b", "/"])
def test_a_page_of_this_server(path: str) -> None:
    assert inside(path) == path.replace("%20", " ")


@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%2fevil.example",
        "%2f%2fevil.example", "/%5cevil.example", "/\t/evil.example", "/%09/evil.example", "/%2509/evil.example",
        "/%250a/evil.example", "/%252fevil.example", "javascript:alert(1)", "", "reviews", "/\u202e/x", " /reviews",
        "/login?back=//evil.example", "/logout", "http:/evil.example", "///evil.example",
    ],
)  # fmt: skip
def test_everything_else_leads_to_the_reviews(written: str) -> None:
    assert inside(written) == "/reviews"
