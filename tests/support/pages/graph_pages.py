"""Pages of graphs: each command on them is run, and what it prints stands below it.

A page's ```` ```bash ```` block holds one command; the part `<!-- output -->` behind it is what the command prints.
`REVIEW` in a command is the review that the page's command before it named.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.e2e.desk_homes import Home

_SHOWN = re.compile(
    r"```bash\n(?P<command>compound [^\n]*(?:\\\n[^\n]*)*)\n```\n\n<!-- output -->\n.*?<!-- /output -->", re.DOTALL
)
_RUN = re.compile(r"\b[0-9a-f]{32}\b")
_FILE = re.compile(r"\S*/artifacts/RUN/(?P<name>\S+)-[0-9a-f]{12}(?P<end>\.\w+)\n(?P<lead> *\S+), [\d,]+ bytes")
_NAMED = re.compile(r"compound review show ([0-9a-f]{10,})")
_ITEM = re.compile(r"\b(show|item) [0-9a-f]{10,}\b")
_WIDTH = "100"


def with_outputs(page: str, home: Home) -> str:
    """The page with what its commands print now."""
    items = [""]
    return _SHOWN.sub(lambda found: _shown(found["command"], home, items), page)


def commands(page: str) -> list[str]:
    """The commands whose output a page shows."""
    return [found["command"] for found in _SHOWN.finditer(page)]


def _shown(command: str, home: Home, items: list[str]) -> str:
    # The page says where a user's own data lies; here it lies in the test's home.
    words = [word.replace(".compound/", f"{home.path}/") for word in shlex.split(command.replace("\\\n", " "))]
    words = [items[-1] if word == "REVIEW" else word for word in words]
    done = home.run(*words[1:], columns=_WIDTH)
    if done.returncode not in {0, 1} or (done.returncode and not done.stderr):
        raise AssertionError(f"{command}: {done.stderr}")
    items += _NAMED.findall(done.stdout)
    # What differs from run to run and from machine to machine is named instead.
    text = _RUN.sub("RUN", (done.stdout + done.stderr).strip())
    text = _FILE.sub(r".compound/sample/artifacts/RUN/\g<name>-HASH\g<end>\n\g<lead>", text)
    text = _ITEM.sub(r"\1 REVIEW", text)
    return f"```bash\n{command}\n```\n\n<!-- output -->\n```text\n{text}\n```\n<!-- /output -->"


def pages(root: Path) -> list[Path]:
    """Every page of a graph."""
    return sorted((root / "docs/graphs").glob("*.md"))
