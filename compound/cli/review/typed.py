"""The fields of a decision, typed at a terminal: line by line, long texts in an editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from compound.cli.output import say, visible

if TYPE_CHECKING:
    from compound.web.reviews.one.form import Input

Ask = Callable[[str], str | None]
"""Asks a question; None at the end of the input."""
_LONG: Final = ("text", "json")
_HINTS: Final = {
    "date": "2026-01-31",
    "moment": "2026-01-31T12:00:00Z",
    "whole": "a whole number",
    "number": "a number",
}


def editor_of(*, is_terminal: bool) -> str:
    """The editor of the person: VISUAL, EDITOR, else one that is there; empty where no person can use one."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named:
        return named
    return next((one for one in ("nano", "vi") if which(one)), "") if is_terminal else ""


def asked(inputs: Sequence[Input], ask: Ask, editor: str, keep: Callable[[Mapping[str, str]], None]) -> dict[str, str]:
    """What a person types for each input, by the name of the input; an empty line keeps its value.

    Args:
        inputs: The inputs; lists and records were flattened.
        ask: Asks for one line.
        editor: Command that edits a file; empty: every value is one line.
        keep: Stores what was typed so far; called after each value, also if the editor is interrupted.
    """
    form: dict[str, str] = {}

    def kept(name: str, text: str) -> None:
        form[name] = text
        keep(form)

    alone = len(inputs) == 1
    for one in inputs:
        if editor and (one.kind in _LONG or (alone and one.kind == "line" and one.value)):
            edited(one.value, editor, lambda text, name=one.name: kept(name, text))
            continue
        answer = ask(_question(one))
        if answer is None:
            raise EOFError
        if answer.strip():
            kept(one.name, _choice(one, answer.strip()))
        elif one.value:
            form[one.name] = one.value
    return form


def _question(one: Input) -> str:
    hint = ", ".join(one.choices) or ("yes, no" if one.kind == "yes_no" else _HINTS.get(one.kind, ""))
    told = f" ({hint})" if hint and not (one.kind in _HINTS and one.value) else ""
    value = f" [{visible(' '.join(one.value.split()))}]" if one.value else ""
    return f"{one.label}{told}{value}: "


def _choice(one: Input, answer: str) -> str:
    """A value of a list by its beginning; yes and no as the program has them."""
    if one.kind == "yes_no":
        return {"y": "true", "yes": "true", "n": "false", "no": "false"}.get(answer.lower(), answer)
    found = [value for value in one.choices if value.lower().startswith(answer.lower())]
    return found[0] if answer not in one.choices and len(found) == 1 else answer


def edited(text: str, editor: str, keep: Callable[[str], None]) -> None:
    """Let a person edit a text in a file; `keep` gets what was saved, also if the editor is interrupted."""
    with tempfile.TemporaryDirectory(prefix="compound-") as folder:
        path = Path(folder) / "draft.txt"
        path.write_text(text + "\n", encoding="utf-8")
        sys.stdout.flush()
        try:
            code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
        except OSError as error:
            say(f"the editor {editor!r} cannot be started: {error.strerror}; set EDITOR to another one")
            return
        finally:
            found = path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
            if found != text:
                keep(found)
        if code:
            say(f"the editor ended with {code}; what it saved is kept")
