"""The helpline when its letters are in a help desk."""

from __future__ import annotations

from pathlib import Path

from tests.project.conversations.helpline import PYPROJECT, helpline
from tests.project.keys.table import Place
from tests.support.mail.desks import ChatwootServer, ZendeskServer
from tests.support.mail.post import toml


def of_zendesk(server: ZendeskServer, **more: object) -> dict[str, object]:
    return {"use": "zendesk", "url": server.url, "email": "agent@garden.example", "token": "${env:DESK_TOKEN}", **more}


def of_chatwoot(server: ChatwootServer, **more: object) -> dict[str, object]:
    return {"use": "chatwoot", "url": server.url, "account": 3, "token": "${env:DESK_TOKEN}", "settle_s": 0, **more}


def desk(root: Path, options: dict[str, object]) -> Place:
    """The helpline, whose letters are in the help desk."""
    table = f"{{ inbox = {toml(options)} }}"
    return helpline(root, {"pyproject.toml": PYPROJECT.replace('{inbox = "letters.jsonl"}', table)})
