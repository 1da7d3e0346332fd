"""The guide to the API: its calls exist, its bodies are accepted, and its program runs against a server."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from compound import Project
from compound.client import ReviewClient
from compound.web.app import create_app
from compound.web.identity.people import People
from tests.docs.codes import ROOT
from tests.web.api.test_client import InMemory

PAGE = (ROOT / "docs/how-to/call-compound-as-a-service.md").read_text(encoding="utf-8")
CALL = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`?]*)[`?]")


def programs() -> list[str]:
    """The Python programs of the page."""
    return re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project that the page makes."""
    monkeypatch.chdir(tmp_path)
    for words in (["init", "garden"], ["index"]):
        subprocess.run([sys.executable, "-m", "compound", *words], check=True, capture_output=True)
        monkeypatch.chdir(tmp_path / "garden")
    return Project.open()


def test_the_page_runs(garden: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with garden as project:
        people = People(project.resources.state, project.resources.clock)
        people.add("shop", roles=["admin"])
        token = people.token("shop", label="web shop", scopes=["create", "runs", "read", "decide"])
        app = create_app(project, hosts=["testserver"])
        app.state.place.worker.start()
        http = TestClient(app, base_url="https://testserver", headers={"authorization": f"Bearer {token}"})
        document = http.get("/api/v1/openapi.json").json()["paths"]
        known = {
            (method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, found in document.items() for method in found
        }
        named = {(one, re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1"))) for one, path in CALL.findall(PAGE)}
        assert len(named) >= 10
        assert named <= known
        (body,) = re.findall(r"-d '(.*?)'", PAGE)
        headers = {"content-type": "application/json", "idempotency-key": "order-4711"}
        run = http.post("/api/v1/graphs/answer/runs", content=body, headers=headers).json()
        assert (run["status"], len(run["review_ids"])) == ("waiting_review", 1)

        def client(_: str, token: str) -> ReviewClient:
            return ReviewClient("https://testserver", token, transport=InMemory(_Served(app)))  # type: ignore[arg-type]

        with patch("compound.client.ReviewClient", client):
            exec(programs()[0], {"token": token})
        app.state.place.worker.stop(wait_s=10)
    assert "done" in capsys.readouterr().out


class _Served:
    """What `InMemory` needs."""

    def __init__(self, app: Any) -> None:
        self.app = app


def test_the_check_of_a_signature_knows_ours() -> None:
    from compound.web.webhooks.deliver import sign

    names: dict[str, Any] = {}
    exec(programs()[1], names)
    is_ours: Callable[..., bool] = names["is_ours"]
    secret = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
    headers = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": sign(secret, "evt_1", 1, b"{}")}
    assert is_ours(headers, b"{}", secret)
    assert not is_ours(headers, b"{ }", secret)
