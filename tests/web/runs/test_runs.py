"""The pages of runs and graphs in a browser: found, looked into, replayed, compared, started and followed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.conftest import Person, Site, aside

Ann = Callable[..., Person]


def titles(page: Page) -> list[str]:
    return page.locator(".rows strong").all_inner_texts()


def open_run(ann: Person, title: str) -> Page:
    page = ann.open("/runs")
    page.get_by_role("link", name=title).first.click()
    page.wait_for_url("**/runs/*")
    return page


def sent(site: Site) -> list[tuple[str | None, str]]:
    return site.answers()


def test_runs_are_listed_searched_and_counted(ann: Ann) -> None:
    page = ann().open("/runs")
    assert titles(page)[-3:] == ["Water 3", "Water 2", "Water 1"]
    expect(page.locator("[data-count=paused]")).to_have_text("3")
    page.keyboard.press("/")
    page.keyboard.type("question 2")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=question**")
    assert titles(page) == ["Water 2"]
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", name="No run matches")).to_be_visible()
    page.get_by_role("link", name="Show every run").click()
    page.get_by_label("Graph").select_option("ask")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**graph=ask**")
    assert set(titles(page)) == {"ask"}


def test_a_run_shows_its_path_and_the_values_of_a_node(ann: Ann) -> None:
    page = open_run(ann(), "Water 1")
    picture = page.locator(".picture")
    assert [picture.locator(f"[data-node={name}]").get_attribute("class") for name in ("draft", "ok", "send")] == [
        "node done",
        "node waiting",
        "node unreached",
    ]
    expect(page.get_by_role("row", name=re.compile("ok review"))).to_contain_text("waits")
    expect(page.locator(".waterfall .wait").first).to_be_attached()
    picture.get_by_role("link", name="draft").click()
    details = page.locator("#details")
    expect(details).to_contain_text("Re Question 1?")
    details.get_by_role("link", name="Input").click()
    expect(details.locator(".json")).to_contain_text("Water 1")
    details.get_by_role("link", name="Attempts").click()
    expect(details.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Water 1").last.click()
    page.wait_for_url("**/reviews/*")


def test_a_value_is_copied_as_json(ann: Ann) -> None:
    person = ann(permissions=["clipboard-read", "clipboard-write"])
    page = open_run(person, "Water 1")
    page.goto(f"{page.url}?node=draft&tab=input")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="✓")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["letter"]["subject"] == "Water 1"


def test_a_swapped_value_leads_to_two_runs_compared_and_nothing_is_sent(ann: Ann, site: Site) -> None:
    page = open_run(ann(), "Water 2")
    page.goto(f"{page.url}?node=draft&tab=output")
    page.get_by_text("Replay with another output").click()
    page.get_by_label("Output of draft").fill("Re Question 2? It is back.")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.wait_for_url("**/against/**")
    expect(page.locator("ins")).to_have_text(["It is back."])
    expect(page.locator(".picture .changed")).not_to_have_count(0)
    expect(page.locator("#node-draft")).to_contain_text("done")
    assert sent(site) == []
    page.get_by_role("link", name=re.compile("^replay-")).click()
    expect(page.locator(".run-head")).to_contain_text("replay")


def test_a_swap_that_is_not_json_keeps_what_was_written(ann: Ann) -> None:
    page = open_run(ann(), "Water 2")
    page.goto(f"{page.url}?node=before&tab=output")
    page.get_by_text("Replay with another output").click()
    page.get_by_label("Output of before").fill("[no")
    with page.expect_response("**/replay") as answer:
        page.get_by_role("button", name="Replay", exact=True).click()
    assert answer.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("not JSON")
    expect(page.get_by_label("Output of before")).to_have_value("[no")


def test_a_run_is_started_with_a_form_and_followed_while_it_runs(ann: Ann) -> None:
    page = ann().open("/graphs/ask")
    page.get_by_label("question").fill("Why is there no water?")
    page.get_by_label("tone").select_option("long")
    page.get_by_label("urgent").select_option("true")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**/runs/*")
    expect(page.locator(".picture [data-node=write]")).to_have_class(re.compile("running"))
    expect(page.locator("[data-text=write]")).to_have_text(re.compile("^The water"))
    expect(page.locator(".run-head")).to_contain_text("running")
    expect(page.locator(".run-head")).to_contain_text("done", timeout=10_000)
    expect(page.locator(".picture [data-node=polish]")).to_have_class("node done")
    page.goto(f"{page.url}?node=look&tab=input")
    assert page.locator(".tree li").all_inner_texts() == [
        "places null",
        "question Why is there no water?",
        "urgent true",
    ]


def test_without_javascript_a_run_is_started_followed_and_looked_into(ann: Ann) -> None:
    page = ann(java_script_enabled=False).open("/graphs/ask")
    page.locator("[name='input.question']").fill("Why?")
    page.locator("[name='input.tone']").select_option("short")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**/runs/*")
    assert page.locator(".chip").first.inner_text() == "running"
    expect(page.locator(".run-head")).to_contain_text("done", timeout=10_000)
    expect(page.locator(".picture [data-node=polish]")).to_have_class("node skipped")
    page.locator(".picture [data-node=write]").click()
    expect(page.locator("#details")).to_contain_text("The water is back at noon")
    page.locator("#details").get_by_role("link", name="Model").click()
    expect(page.locator("#details")).to_contain_text("langchain")


def test_a_value_of_another_type_is_refused_beside_what_was_written(ann: Ann) -> None:
    page = ann().open("/graphs/ask")
    page.get_by_label("question").fill("Why?")
    page.get_by_label("tone").select_option("short")
    page.get_by_label("places").fill('{"not": "a list"}')
    with page.expect_response("**/run") as answer:
        page.get_by_role("button", name="Run").click()
    assert answer.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("places")
    expect(page.get_by_label("question")).to_have_value("Why?")


def test_a_graph_shows_what_check_finds_and_where(ann: Ann) -> None:
    page = ann().open("/graphs/broken")
    found = page.locator(".findings li")
    expect(found).to_contain_text(["no node is named 'lok'"])
    expect(found.first).to_contain_text("did you mean 'look'?")
    found.first.get_by_role("link").click()
    expect(page.locator("tr.error")).to_contain_text("$lok.text")
    assert page.url.endswith("#L7")
    expect(page.get_by_role("button", name="Run")).to_be_disabled()
    page.goto(page.url.replace("broken#L7", "answer"))
    expect(page.get_by_label("letter.subject")).to_have_value("Tap")


def test_a_run_of_a_removed_graph_is_still_drawn(ann: Ann, site: Site) -> None:
    file = site.place.root / "graphs" / "direct.yaml"
    text = file.read_text()
    said = aside(
        lambda: site.place.say("run", "direct", '--item={"id": "D1", "subject": "Direct", "body": "x"}', "--json")
    )
    assert said.code == 0, said.err
    file.unlink()
    try:
        page = open_run(ann(), "D1")
        expect(page.locator(".picture [data-node=fine]")).to_have_class("node done")
    finally:
        file.write_text(text)
