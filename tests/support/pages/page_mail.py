"""The mail server and the help desks of a page."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.mail.desks import TOKEN, ChatwootServer, ZendeskServer
from tests.support.mail.post import PASSWORD, Post, letter


@contextmanager
def mail_servers() -> Generator[tuple[dict[str, str], dict[str, str]]]:
    """Addresses of the page to those of the servers, and the variables that a reader has exported."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        post = stack.enter_context(Post(folder))
        post.deliver(letter("May I water my plot on Sundays?", name="1@x.example"))
        zendesk, chatwoot = stack.enter_context(ZendeskServer()), stack.enter_context(ChatwootServer())
        zendesk.user(1, "Ben")
        zendesk.ticket(1, 1, "Is the shed open?")
        chatwoot.conversation(1, "Cleo", "Where is the key?")
        places = {
            "imap.garden.example": f"localhost:{post.imap_port}",
            "smtp.garden.example": f"localhost:{post.smtp_port}",
            "https://garden.zendesk.com": zendesk.url,
            "https://chat.garden.example": chatwoot.url,
        }
        variables = {"MAIL_PASSWORD": PASSWORD, "ZENDESK_TOKEN": TOKEN, "CHATWOOT_TOKEN": TOKEN}
        yield places, variables | {"SSL_CERT_FILE": str(post.ca_file)}
