"""A person decides one review after another at a terminal: keys, an editor, other people, Ctrl+C, a closed window."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compound.errors import ConflictError
from tests.project.reviews.terminal import Terminal
from tests.support.forked import COMPOUND, run_forked
from tests.web.one.workshop import STEPS, TEXT, row, workshop

if TYPE_CHECKING:
    from pydantic import JsonValue

    from tests.project.keys.table import Place

KEYS = "[q]uit\n> "


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workshop."""
    return workshop(tmp_path / "work")


def arrive(place: Place, drafts: dict[str, dict[str, Any]]) -> None:
    """Letters come in one after another, so that the session shows them in this order."""
    place.write({"drafts.json": json.dumps({name: {"text": TEXT, **made} for name, made in drafts.items()})})
    with place.open() as project:
        for name in drafts:
            letter: JsonValue = {
                "id": name,
                "subject": f"Bike {name}",
                "body": "Is my bike J-1 ready?",
                "email": "ann@x.example",
            }
            assert project.run("answer", {"letter": letter}).status == "waiting_review"


def work(place: Place, *arguments: str, user: str = "ann", **env: str) -> Terminal:
    return Terminal(["review", "work", *arguments], cwd=place.root, env={"COMPOUND_USER": user, **env})


def letters(place: Place) -> list[tuple[str, str]]:
    """What customers got: the letter that is answered, and the text."""
    with place.open() as project:
        return sorted((one.item_id, one.text) for one in project.resources.mailboxes["inbox"].replies() if one.item_id)


def review(place: Place, name: str) -> dict[str, Any]:
    return place.say("review", "show", name, "--json").json


def holders(place: Place, *names: str) -> set[str]:
    return {review(place, name)["held_by"] for name in names}


def test_one_key_a_decision_from_the_list_to_what_customers_get(place: Place) -> None:  # noqa: PLR0915 - one session
    arrive(place, {"T-1": {"steps": STEPS[1:]}, "T-2": {}, "T-3": {}, "T-4": {}})
    with work(place) as screen:
        shown = screen.until(KEYS)
        assert "T-1: Bike T-1" in shown
        assert "Is my bike J-1 ready?" in shown  # the source
        assert "rules (1):" in shown  # the evidence
        assert "approve: Sends 1 reply to ann@x.example · changes 1 row (J-1) · moves 12.50" in shown
        assert "[a]pprove  [e]dit  [r]eject  [c]all back  [b] return" in shown
        screen.press("a")
        assert "approve: refund sent, answer sent" in screen.until(KEYS)
        screen.press("r")
        assert "T-3" not in screen.until("reason (wrong_fact, tone, other): ")
        screen.press("to\n")
        assert "T-3: Bike T-3" in screen.until(KEYS)
        screen.press("\x1b[A")  # an arrow is one unknown key, not an escape and an A
        screen.until("unknown key")
        screen.until(KEYS)
        screen.press("c")
        screen.until("phone: ")
        screen.press("030 1\n")
        screen.until("urgent (yes, no): ")
        screen.press("y\n")
        screen.until("reason (angry, unclear): ")
        screen.press("an\n")
        assert "nothing is done before" in screen.until("T-4: Bike T-4")
        screen.until(KEYS)
        screen.press("z")
        assert "undone" in screen.until("T-3: Bike T-3")
        screen.until(KEYS)
        screen.press("a")
        screen.until("T-4: Bike T-4")
        screen.until(KEYS)
        screen.press("b")
        screen.until("what should be different? ")
        screen.press("Be kinder.\n")
        screen.until("return: the graph drafts again")
        assert "T-4: Bike T-4" in screen.until(KEYS)
        screen.press("q")
        code, said = screen.ended()
    assert code == 0
    assert "decided 4: 2 approve, 1 reject, 1 return, 1 undone" in said
    assert "T-1 Bike T-1: approve: refund sent, answer sent" in said
    assert "waits: 1 open" in said
    assert [name for name, _ in letters(place)] == ["T-1", "T-3"]
    assert row(place, "J-1")["paid"] == 67.5
    assert row(place, "J-1")["phone"] == ""
    assert review(place, "T-2")["decisions"][0]["reason"] == "tone"
    assert review(place, "T-4")["held_by"] == ""


def test_an_edit_in_the_editor_is_read_then_sent_and_kept_when_the_window_closes(place: Place, tmp_path: Path) -> None:
    arrive(place, {"T-5": {}, "T-6": {}})
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/Kind regards/Bye, $COMPOUND_USER/" "$1"\n', encoding="utf-8")
    editor.chmod(0o755)
    with work(place, VISUAL=str(editor)) as screen:
        until(screen, "T-5")
        screen.press("e")
        shown = screen.until("keep them\n> ")
        assert "[-Kind-]{+Bye,+} [-regards-]{+ann+}" in shown
        assert "edit: Sends 1 reply to ann@x.example" in shown
        screen.press("a")
        screen.until("edit: answer sent")
        until(screen, "T-6")
        screen.press("e")
        screen.until("keep them\n> ")
        screen.close()
        assert screen.process.wait(60) == 129
    assert [text.endswith("Bye, ann") for name, text in letters(place) if name in ("T-5", "T-6")] == [True]
    assert holders(place, "T-6") == {""}
    with work(place, VISUAL="true") as screen:
        until(screen, "T-6")
        screen.press("e")
        assert "{+ann+}" in screen.until("keep them\n> ")
        screen.press("n")
        screen.until("what you wrote is kept")
        screen.until(KEYS)
        screen.press("a")
        screen.ended()


def until(screen: Terminal, name: str) -> None:
    """Skip to a review."""
    while f"{name}: Bike {name}" not in screen.until(KEYS):
        screen.press("j")


def work_after(screen: Terminal, place: Place) -> Terminal:
    """Ben begins when Ann has T-7 on the screen."""
    until(screen, "T-7")
    other = work(place, user="ben")
    until(other, "T-8")
    return other


def test_what_other_people_do_is_said_and_ctrl_c_lets_go(place: Place) -> None:
    arrive(place, {"T-7": {}, "T-8": {}})
    with work(place) as screen, work_after(screen, place) as other:
        assert (review(place, "T-7")["held_by"], review(place, "T-8")["held_by"]) == ("ann", "ben")
        other.press("\x03")
        code, said = other.ended()
        assert (code, "decided 0" in said) == (130, True)
        assert review(place, "T-8")["held_by"] == ""
        assert place.say("review", "claim", "T-7", "--takeover", "--user", "cleo").code == 0
        screen.press("a")
        screen.until("cleo has taken this review over")
        screen.until("cleo holds review")
        until(screen, "T-8")
        assert place.say("review", "claim", "T-8", "--takeover", "--user", "ben").code == 0
        assert place.say("review", "reject", "T-8", "--reason", "tone", "--user", "ben").code == 0
        screen.press("a")
        assert "it is decided: reject by ben" in screen.until("by ben")
    assert not {"T-7", "T-8"} & {name for name, _ in letters(place)}


def test_a_draft_that_is_out_of_date_is_drafted_again_before_it_is_decided(place: Place) -> None:
    arrive(place, {"T-9": {}, "T-10": {}})
    with work(place) as screen:
        until(screen, "T-9")
        with place.open() as project:
            item = project.reviews().find("T-9")
            project.reviews().queue.outdate(item.review_id, ConflictError("review.stale", "J-1 changed"), actor="x")
        screen.press("a")
        assert "it is stale: J-1 changed" in screen.until("d drafts it again")
        assert "[d] redraft  [j] skip" in screen.until(KEYS)
        screen.press("d")
        assert "drafted again: J-1 changed" in screen.until(KEYS)
        screen.press("a")
        screen.until("approve: answer sent")
        until(screen, "T-10")
        os.kill(screen.process.pid, 15)
        assert screen.ended()[0] == 143
    assert review(place, "T-10")["held_by"] == ""
    assert "T-9" in [name for name, _ in letters(place)]


def test_a_pipe_says_a_line_for_each_key(tmp_path: Path) -> None:
    place = workshop(tmp_path)
    arrive(place, {"T-1": {}, "T-2": {}, "T-3": {"risk": 1, "text": "Your bike gets a free bell."}})
    done = run_forked(
        [COMPOUND, "review", "work"], cwd=place.root, env=env("ann"), given="a\nno\na\nyes\nr\n2\n?\nr\nother\nj\n"
    )
    assert done.returncode == 0, done.stderr
    assert "  a  approve: do what is shown" in done.stdout
    assert "is not one of" in done.stdout
    assert "the evidence does not say: Your bike gets a free bell." in done.stdout
    assert "statements have no evidence and are not checked" in done.stdout
    assert "nothing else waits\n\ndecided 2: 1 approve, 1 reject" in done.stdout
    assert [name for name, _ in letters(place)] == ["T-3"]
    assert place.say("review", "list", "--json", "--mine", "--user", "ann").json == []
    refused = run_forked([COMPOUND, "review", "work", "--json"], cwd=place.root, env=env("ann"))
    assert refused.returncode == 2
    assert "compound review next --json" in refused.stderr


def env(user: str) -> dict[str, str]:
    return {**os.environ, "COMPOUND_USER": user}
