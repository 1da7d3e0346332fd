"""Options and errors of mail accounts and help desks: what is wrong, and never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from compound.connector.mailbox.words import words_of
from compound.errors import ConnectorError, ProjectError
from compound.plugins import MAILBOXES, Setup
from tests.support.mail.desks import TOKEN, ChatwootServer

SECRET = "wr0ng-secret"
ACCOUNT = {"address": "a@x.example", "password": SECRET, "imap": "mail.x.example", "smtp": "mail.x.example"}
ZENDESK = {"url": "https://x.example", "email": "a@x.example", "token": SECRET}
CHATWOOT = {"url": "https://x.example", "account": 3, "token": SECRET}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("imap", {**ACCOUNT, "imap": "mail.example:143", "imap_security": "plain"}, "imap_security is plain"),
    ("imap", {**ACCOUNT, "smtp_security": "plain"}, "smtp_security is plain"),
    ("imap", {**ACCOUNT, "adress": "x"}, "an unknown option 'adress'"),
    ("imap", {**ACCOUNT, "address": "nobody"}, "wrong at 'address'"),
    ("imap", {**ACCOUNT, "days": 0}, "wrong at 'days'"),
    ("imap", {"address": "a@x.example"}, "has no 'password'"),
    ("zendesk", {**ZENDESK, "url": "http://desk.example"}, "url begins with http"),
    ("zendesk", {**ZENDESK, "url": f"https://me:{SECRET}@desk.example"}, "it has a login"),
    ("zendesk", {"url": "https://desk.example"}, "it has no credentials"),
    ("zendesk", {**ZENDESK, "status": "closed"}, "wrong at 'status'"),
    ("chatwoot", {**CHATWOOT, "tokn": "x"}, "an unknown option 'tokn'"),
    ("chatwoot", {**CHATWOOT, "account": "three"}, "wrong at 'account'"),
]


@pytest.mark.parametrize(("kind", "options", "what"), WRONG)
def test_wrong_options_are_refused(kind: str, options: dict[str, Any], what: str) -> None:
    with pytest.raises(ProjectError) as caught:
        MAILBOXES.make(kind, Setup(name="desk", options=options))
    assert caught.value.code == "mailbox.bad-option"
    assert "mailboxes.desk" in caught.value.what
    assert what in caught.value.what
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"


@pytest.fixture(scope="module")
def server() -> Iterator[ChatwootServer]:
    with ChatwootServer() as server:
        yield server


@pytest.mark.parametrize(
    ("more", "busy", "code"),
    [
        ({"token": SECRET}, 0, "mailbox.denied"),
        ({"wait_s": 0}, 9, "mailbox.busy"),
        ({"url": "http://127.0.0.1:9", "timeout_s": 2}, 0, "mailbox.unreachable"),
    ],
)
def test_errors_of_a_help_desk(server: ChatwootServer, more: dict[str, Any], busy: int, code: str) -> None:
    server.busy = busy
    options = {"url": server.url, "account": 3, "token": TOKEN, **more}
    made: Any = MAILBOXES.make("chatwoot", Setup(name="desk", options=options))
    with pytest.raises(ConnectorError) as caught:
        list(made.waiting())
    made.close()
    server.busy = 0
    assert caught.value.code == code
    assert SECRET not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("x<script>alert(1)</script><style>p{}</style><!-- c -->y", "xy"),
        ("<div hidden>secret</div>seen", "seen"),
        ("<span style='DISPLAY : none'>secret<b>too</b></span>seen", "seen"),
        ("<span style='opacity:0.9'>seen</span>", "seen"),
        ("<a href='javascript:alert(1)'>click</a>", "click"),
        ("<a href='https://x.example'>here</a>", "here (https://x.example)"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("</div></p>unbalanced<b>", "unbalanced"),
        ("<div style='display:none'>left open", ""),
    ],
)
def test_the_words_of_html(html: str, words: str) -> None:
    assert words_of(html) == words
