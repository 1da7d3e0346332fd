"""A batch of the real desk, some months later: what was decided is emptied, what waits is as it was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import pytest

from tests.e2e.desk_homes import ASIDE, Home, plain_tickets, write_tickets

pytestmark = pytest.mark.timeout(600)


def test_some_months_later_tickets_are_emptied_and_what_still_waits_is_withdrawn(home: Home, tmp_path: Path) -> None:
    tickets = plain_tickets(home.certify(), 10)
    tickets += [{**ticket, "id": f"{ticket['id']}-ask", "body": ticket["body"] + ASIDE} for ticket in tickets[:1]]
    home.run("batch", "--from", str(write_tickets(tmp_path / "tickets.jsonl", tickets)), check=True)
    waits = cast("list[dict[str, Any]]", home.json("review", "list"))
    runs = cast("list[dict[str, Any]]", home.json("traces", "list"))
    done = next(str(one["run_id"]) for one in runs if one["status"] == "done")

    project = home.open()
    try:
        cut = project.prune(now=time.time() + 91 * 86_400).policies[0]
        emptied = cut.emptied
    finally:
        project.close()

    assert done in emptied
    assert {str(one["run_id"]) for one in runs if one["status"] == "paused"} == set(cut.waiting)
    told = home.run("traces", "show", done, check=True, columns="200").stdout
    assert "pruned: its content was removed" in told
    refused = home.run("replay", done)
    assert (refused.returncode, "[replay.pruned]" in refused.stderr) == (1, True)
    for item in waits:
        shown = cast("dict[str, Any]", home.json("review", "show", str(item["review_id"])))
        assert (shown["status"], shown["draft"]) == ("withdrawn", "")
        assert shown["pruned_at"] is not None
    assert cast("dict[str, Any]", home.json("prune"))["removed"] == {}
