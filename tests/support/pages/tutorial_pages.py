"""Tutorials are followed: each file is written, each command run, in a new folder, as a reader would.

A fence with `file=NAME` is a whole file; a `diff` fence with `file=NAME` changes one. A ```` ```bash ```` block holds commands;
where `<!-- output -->` stands behind it, that is what they print. Times, ids and ages differ from run to run and are not compared.
A page with `<!-- server -->` talks to a provider of models: a local server answers for it (`tests.support.pages.page_server`).
A page with `<!-- mailboxes -->` talks to a mail server and help desks: local ones answer (`tests.support.pages.page_mail`).
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Generator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from compound.cli import main
from tests.docs.markdown import blocks, fenced
from tests.support.forked import PYTHON, run_forked
from tests.support.pages.page_server import PARTNERS, model_server

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs/tutorials"
SERVER = "<!-- server -->"
MAILBOXES = "<!-- mailboxes -->"
ADDRESS = "http://localhost:8000"
"""Where the servers of the pages listen."""
_PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
"""A reader has `compound` and its `python` on the path."""
_CODES = frozenset({0, 1, 3, 6, 7, None})
"""1: findings, or a failure; 3, 6 and 7: what a batch or a suite says. 2, a wrong call, is right only where it is shown."""
_STEP = re.compile(
    r"^(?P<fence>```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$)(?P<output>\n\n<!-- output -->\n.*?<!-- /output -->)?",
    re.MULTILINE | re.DOTALL,
)
_ITEM = re.compile(r"(?<![0-9a-f])[0-9a-f]{10}(?![0-9a-f])")
"""The beginning of a review's id in a command: it is another one each time, the one that was made last is meant."""
_MADE = re.compile(r"waiting for review: compound review show ([0-9a-f]{10})")
_PRINTED = re.compile(r"^review ([0-9a-f]{10})", re.MULTILINE)
_VARYING = (
    (re.compile(r"\bcreated \d+ files\b"), "created N files"),
    # A tracking number looks like an id, but is part of the answer.
    (re.compile(r"(?<!tracking )(?<!number is )(?<!number was )\b(?:eval-)?[0-9a-f]{10,32}\b"), "ID"),
    # A row of `compound index`: the index's version, and at its end how many seconds it took.
    (re.compile(r"\b\d{8}T\d+-[0-9a-f]+\b(.*) \d+\.\d$", re.MULTILINE), r"VERSION\1 SECONDS"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"), "WHEN"),
    (re.compile(r"@\d+\b"), "@N"),
    (re.compile(r"\b\d+\.\d (items/s)"), r"N \1"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)?"), "MOMENT"),
    (re.compile(r"\b\d{8}\b"), "DAY"),
    (re.compile(r"\b\d[\d,]*(?:\.\d+)? (?:ms|s|min|h)\b"), "TIME"),
    (re.compile(r"─+"), "─"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(slots=True)
class Reader:
    """Somebody who follows a page: a working folder and what was exported.

    Attributes:
        folder: The working folder; `cd` changes it.
        exported: Variables of the environment.
    """

    folder: Path
    exported: dict[str, str] = field(default_factory=lambda: {"COLUMNS": "100"})
    item: str = ""
    """The beginning of the id of the review that was made last."""
    server: str = ""
    """Address of the local server that answers for providers of models; empty for none."""
    places: dict[str, str] = field(default_factory=dict[str, str])
    """Addresses of the page to those of local servers."""
    code: object = 0
    """How the last command ended."""
    is_shown: bool = False
    """Whether the page shows what the commands of this block print."""

    def follow(self, page: str) -> str:
        """Do what the page says from its first line to its last; the page with what was printed.

        Raises:
            AssertionError: a command failed with a traceback, or a change does not fit its file.
        """
        with ExitStack() as stack:
            if SERVER in page:
                self.server = stack.enter_context(model_server())
                self.exported["ANTHROPIC_BASE_URL"] = self.server
            if MAILBOXES in page:
                from tests.support.pages.page_mail import mail_servers

                self.places, variables = stack.enter_context(mail_servers())
                self.exported |= variables
            return _STEP.sub(self._step, page)

    def _step(self, found: re.Match[str]) -> str:
        if found["language"] == "bash":
            fence, self.is_shown = found["fence"], found["output"] is not None
            printed = "".join(self._line(line) for line in found["text"].replace("\\\n", " ").splitlines())
            if self.item:
                fence = _ITEM.sub(self.item, fence)
            if found["output"] is None:
                return fence
            text = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
            return f"{fence}\n\n<!-- output -->\n{fenced(text)}\n<!-- /output -->"
        block = blocks(found["fence"] + "\n")[0]
        if "file" in block.options:
            self._write(self.folder / block.options["file"], block.text, is_change=block.language == "diff")
        return found[0]

    def _write(self, path: Path, text: str, *, is_change: bool) -> None:
        text = text.replace(ADDRESS, self.server or ADDRESS)
        for shown, real in self.places.items():
            text = text.replace(shown, real)
        if is_change:
            lines = text.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if not line.startswith("+"))
            after = "".join(line[1:] for line in lines if not line.startswith("-"))
            old = path.read_text(encoding="utf-8")
            assert old.count(before) == 1, f"{path.name} has this {old.count(before)} times, not once:\n{before}"
            text = old.replace(before, after)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _line(self, line: str) -> str:  # noqa: PLR0911 - one command a case
        words = [_ITEM.sub(self.item, word) for word in shlex.split(line, comments=True)]
        match words:
            case []:
                return ""
            case ["cd", folder]:
                self.folder = self.folder / folder
                return ""
            case ["mv", old, new]:
                (self.folder / old).rename(self.folder / new)
                return ""
            case ["export", setting]:
                name, _, value = setting.partition("=")
                self.exported[name] = value
                return ""
            case ["compound", *_]:
                said = self._compound(words)
                self.item = next((made[1] for made in _MADE.finditer(said)), self.item)
                return said
            case ["pytest", *options]:
                return self._program("-m", "pytest", "-p", "no:cacheprovider", *options)
            case ["python", *options]:
                said = self._program(*options)
                self.item = next((made[1] for made in _PRINTED.finditer(said)), self.item)
                return said
            case ["cat", file]:
                return (self.folder / file).read_text(encoding="utf-8")
            case ["echo", "$?"]:
                return f"{self.code or 0}\n"
            case _:
                raise AssertionError(f"a tutorial has no such command: {line}")

    def _compound(self, words: list[str]) -> str:
        said, code = io.StringIO(), None
        with self._place(), redirect_stdout(said), redirect_stderr(said), patch.object(sys, "argv", words):
            try:
                main()
            except SystemExit as end:
                code = end.code
        assert code in _CODES or (code == 2 and self.is_shown), (
            f"{shlex.join(words)} ended with {code}: {said.getvalue()}"
        )
        self.code = code
        # Bars of progress are gone when a command ends. The page says where a reader's project and server lie, not where these do.
        kept = "".join(line for line in said.getvalue().splitlines(keepends=True) if "━" not in line)
        shown = kept.replace(f"{self.folder}/", "").replace(str(self.folder), ".")
        for name, real in self.places.items():
            shown = shown.replace(real, name)
        return shown.replace(self.server, ADDRESS) if self.server else shown

    def _program(self, *options: str) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOUND_", "PYTEST"))}
        env["PATH"] = _PATH
        done = run_forked([PYTHON, *options], cwd=self.folder, env=env | self.exported)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def _place(self) -> Generator[None]:
        """The reader's folder and environment; Python of the project is read anew, as by a new process."""
        for name in [name for name in sys.modules if name.startswith("_compound_project")]:
            del sys.modules[name]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COMPOUND_")}
        path = [*sys.path, str(PARTNERS)]
        with (
            chdir(self.folder),
            patch.dict(os.environ, clean | {"PATH": _PATH} | self.exported, clear=True),
            patch("sys.path", path),
        ):
            yield


def followed(page: str, folder: Path) -> str:
    """The page with what was printed; one new process runs every command, because what a project registers stays.

    Raises:
        AssertionError: it says what `Reader.follow` says.
    """
    done = run_forked([PYTHON, "-m", __name__, str(folder)], cwd=ROOT, given=page)
    assert done.returncode == 0, done.stderr
    return done.stdout


def settled(page: str) -> str:
    """The page without what differs from run to run, and without the widths of tables."""
    for pattern, word in _VARYING:
        page = pattern.sub(word, page)
    return page


def pages() -> list[Path]:
    """Every tutorial, and every how-to page that makes a project."""
    begun = (
        path for path in (ROOT / "docs/how-to").glob("*.md") if "\ncompound init " in path.read_text(encoding="utf-8")
    )
    return [*sorted(PAGES.glob("*.md")), *sorted(begun)]


if __name__ == "__main__":
    sys.stdout.write(Reader(Path(sys.argv[1])).follow(sys.stdin.read()))
