"""An operator sees what a batch does, and pauses, resumes, retries and cancels it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import expect

from compound.web.identity.people import People
from tests.project.batches.watched import Watched, until
from tests.web.batches.conftest import batch_of
from tests.web.conftest import Person, Site, aside


def test_a_project_without_batches_says_how_to_run_one(owner: Callable[..., Person], site: Site) -> None:
    page = owner().open("/batches")
    expect(page.get_by_role("heading", name="No batch was run yet")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("compound batch")


def test_the_list_leads_to_the_errors_and_each_has_cause_and_cure(
    owner: Callable[..., Person], watched: Watched
) -> None:
    batch_of(watched)
    page = owner().open("/batches")
    expect(page.locator(".rows li")).to_contain_text("2 done")
    page.get_by_role("link", name=re.compile("ask over q.csv")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ask over q.csv")
    expect(page.locator(".legend")).to_contain_text("failed")
    page.get_by_role("link", name="graph.node-crashed").click()
    page.wait_for_url("**?error=graph.node-crashed*")
    expect(page.locator(".letters li")).to_have_count(2)
    expect(page.locator(".letters li").first).to_contain_text("bug1")
    expect(page.locator(".letters li").first).to_contain_text("Cure")
    expect(page.get_by_role("button", name="Try again")).to_have_count(2)


@pytest.mark.parametrize("script", [True, False])
def test_one_dead_letter_is_tried_again(owner: Callable[..., Person], watched: Watched, script: bool) -> None:
    name = f"retry{script}.csv"
    (watched.root / name).write_text(f"id,question\n1,bug{script}1\n2,bug{script}2\n")
    job = batch_of(watched, name)
    (watched.root / "mended").touch()
    page = owner(java_script_enabled=script).open(f"/batches/{job}")
    page.get_by_role("button", name="Try again").first.click()
    until(lambda: aside(watched.batches, "show", job)["done"] == 1)
    if not script:
        page.reload()
    expect(page.locator(".letters li")).to_have_count(1, timeout=30_000)
    expect(page.locator(".letters li")).to_contain_text(f"bug{script}2")
    (watched.root / "mended").unlink()


def test_a_batch_that_runs_is_paused_resumed_and_cancelled_live(owner: Callable[..., Person], watched: Watched) -> None:
    (watched.root / "live.csv").write_text("id,question\n1,hold1\n2,hold2\n3,last_one\n")
    command: Any = watched.running("--from", "live.csv")
    with command:
        until(lambda: "hold1" in watched.began())
        page = owner().open("/batches")
        page.get_by_role("link", name=re.compile("live.csv")).click()
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".notice")).to_contain_text("1 item in flight finishes first")
        watched.go("hold1")
        expect(page.locator("h1 + p .chip")).to_have_text("paused", timeout=30_000)
        assert "hold2" not in watched.began()
        page.get_by_role("button", name=re.compile("Resume: run 2 items")).click()
        until(lambda: "hold2" in watched.began())
        page.locator("summary", has_text="Cancel").click()
        page.get_by_label("Why").fill("wrong file")
        page.get_by_role("button", name="Stop this batch").click()
        expect(page.locator(".notice")).to_contain_text("wrong file")
        watched.go("hold2")
        expect(page.locator("h1 + p .chip")).to_have_text("cancelled", timeout=30_000)
    assert "last_one" not in watched.began()
    page.get_by_role("button", name=re.compile("Resume: run 1 item")).click()
    expect(page.locator("h1 + p .chip")).to_have_text("complete", timeout=40_000)
    assert "last_one" in watched.began()


def test_what_is_not_possible_is_said_on_the_page(owner: Callable[..., Person], watched: Watched) -> None:
    (watched.root / "done.csv").write_text("id,question\n1,one\n")
    job = batch_of(watched, "done.csv", code=0)
    person = owner()
    page = person.open(f"/batches/{job}")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    said = page.request.post(f"{person.site.address}/batches/{job}/pause", form={"csrf": csrf})
    assert (said.status, "nothing to pause" in said.text()) == (409, True)
    assert page.request.get(f"{person.site.address}/batches/nope").status == 404


def test_somebody_without_the_right_sees_no_batches(
    people: Callable[..., Person], watched: Watched, site: Site
) -> None:
    with closing(watched.open()) as project:
        accounts = People(project.resources.state, project.resources.clock)
        accounts.add("rae", roles=["reviewer"])
        link = accounts.link("rae")
    person = people()
    person.page.goto(f"{site.address}/login?link={link}")
    person.page.get_by_role("button", name="Sign in").click()
    person.page.wait_for_url("**/reviews")
    expect(person.page.get_by_role("link", name="Batches")).to_have_count(0)
    assert person.page.request.get(f"{site.address}/batches").status == 403
