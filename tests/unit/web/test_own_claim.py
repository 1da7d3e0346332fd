"""The open page of a review claims it now and then; that never stands in the way of the decision of the same page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from compound.web.app import create_app
from compound.web.identity.people import People
from compound.web.identity.roles import rights_of
from compound.web.reviews.one import routes
from tests.project.conversations.helpline import batch, helpline, letter


@pytest.mark.parametrize(("who", "answer", "decided"), [("ann", 303, "approve"), ("bo", 412, "")])
def test_a_claim_between_the_reading_and_the_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, answer: int, decided: str
) -> None:
    place = helpline(tmp_path)
    batch(place, letter("L1", "Question?", subject="Water"))
    with place.open() as project:
        client = TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver")
        people = People(project.resources.state, project.resources.clock)
        people.add("ann", roles=["reviewer"])
        token = people.token("ann", label="test", scopes=sorted(right.value for right in rights_of(["reviewer"])))
        headers = {"authorization": f"Bearer {token}"}
        queue = project.reviews().queue
        review_id = project.reviews().find("L1").review_id
        queue.claim(review_id, "ann")
        page = client.get(f"/reviews/{review_id}", headers=headers).text
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split('class="decide"')[1]))
        real, often = routes.store, list[int]()

        def claimed_meanwhile(*args: Any) -> Any:
            if not often:
                queue.claim(review_id, who, takeover=True)
            often.append(1)
            return real(*args)

        monkeypatch.setattr(routes, "store", claimed_meanwhile)
        path = f"/reviews/{review_id}/decide"
        sent = client.post(path, data={**form, "action": "approve"}, headers=headers, follow_redirects=False)
        assert sent.status_code == answer, sent.text[:2000]
        assert [one.action for one in queue.decisions(review_id)] == ([decided] if decided else [])
