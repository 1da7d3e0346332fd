"""Random requests by the API's own document: none makes the server fail, and every answer has its declared form."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet
from starlette.testclient import TestClient

from tests.web.api.conftest import Api
from tests.web.api.test_calls import LETTER

OPEN_END = ("GET", "/events")
"""A stream that ends with its reader; its finite form has a test of its own."""
STATUSES = frozenset({200, 201, 202, 204, 207, 304, 401, 403, 404, 405, 409, 412, 413, 422, 428})


def operations(api: Api) -> Iterator[Any]:
    """Every call of the document, but the endless one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(api.plain().get("/openapi.json").json())
        for found in schema.get_all_operations():
            operation: Any = cast("Any", found).ok()
            if (operation.method.upper(), operation.path) != OPEN_END:
                yield operation


def fuzz(api: Api, examples: int) -> dict[str, set[int]]:
    """Send random requests of every call; the statuses by call."""
    caller = api.caller("ann")
    api.app.state.place.limits.per_minute = 0
    run = caller.post("/graphs/answer/runs", json={"input": LETTER}).json()
    ids = {"review_id": run["review_ids"][0], "run_id": run["run_id"], "name": "direct"}
    ids["decision_id"] = _decided(caller)
    seen: dict[str, set[int]] = {}
    for operation in operations(api):
        send(caller, operation, ids, examples, seen.setdefault(f"{operation.method.upper()} {operation.path}", set()))
    return seen


def _decided(caller: TestClient) -> str:
    """A decision that there is; of another review than the others are sent to."""
    row = caller.get("/reviews", params={"item": "L1"}).json()["items"][0]
    path = f"/reviews/{row['review_id']}/decisions"
    answer = caller.post(path, json={"action": "approve"}, headers={"if-match": f'"{row["version"]}"'})
    return str(answer.json()["decision_id"])


def send(caller: TestClient, operation: Any, ids: Mapping[str, str], examples: int, seen: set[int]) -> None:
    """Random requests of one call, every second one with ids that exist; their statuses are added to `seen`."""
    turn = count()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        body = {} if isinstance(case.body, NotSet) else {"json": case.body}
        is_real = next(turn) % 2 == 0
        if is_real and case.path_parameters:
            case.path_parameters = {name: ids.get(name, "nothing") for name in case.path_parameters}
        headers = {name: str(value) for name, value in (case.headers or {}).items() if name != "Authorization"}
        if is_real and "{review_id}" in operation.path:
            headers["If-Match"] = caller.get(f"/reviews/{ids['review_id']}").headers["etag"]
        answer = caller.request(
            operation.method.upper(),
            case.formatted_path,
            params=dict(case.query or {}),
            headers={name: value for name, value in headers.items() if value.isascii() and value.isprintable()},
            **body,
        )
        seen.add(answer.status_code)
        assert answer.status_code in STATUSES, (operation.path, answer.status_code, answer.text[:500])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"]

    one()


def test_no_request_makes_the_server_fail(api: Api) -> None:
    seen = fuzz(api, 6)
    assert len(seen) >= 20
    assert {200, 204, 207, 404, 409, 422} <= set.union(*seen.values())
    assert 200 in seen["GET /reviews/{review_id}/evidence"]


@pytest.mark.soak
def test_no_request_of_many_makes_the_server_fail(api: Api) -> None:
    fuzz(api, 300)
