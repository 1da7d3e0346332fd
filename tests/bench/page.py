"""Write what `make bench` measured into the page on performance: `python -m tests.bench.page`.

Only what stands in `build/bench.json` is written: a figure that was not measured has no row, an absent peer says so, and a
commit or a day that is not known is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "explanation" / "performance.md"
RESULT: Final = ROOT / "build" / "bench.json"
BEGIN: Final = "<!-- bench: begin -->"
END: Final = "<!-- bench: end -->"
TITLES: Final = {
    "engine": "CPU per run and critical path",
    "load": "Many runs at once",
    "review": "Waiting for a person",
    "traces": "Asking the traces",
    "serve": "Serving pages to fifty people",
    "demo": "The sample desk",
    "start_up": "Start",
    "environment": "Size of an installation",
}


def table(document: Mapping[str, Any]) -> str:
    """The topics of the page as Markdown."""
    machine = document["machine"]
    known = [f"{machine['cores']} cores" if machine.get("cores") else "", machine.get("system", "")]
    known += [machine.get("processor", ""), f"Python {machine['python']}" if machine.get("python") else ""]
    parts = [f"Machine: {', '.join(part for part in known if part)}."]
    for topic, title in TITLES.items():
        found = document["topics"].get(topic)
        if found is not None:
            parts += [f"### {title}", *_when(found), "\n".join(_lines(found["rows"]))]
    return "\n\n".join(parts)


def _when(found: Mapping[str, Any]) -> list[str]:
    commit, day = str(found.get("commit") or ""), str(found.get("date") or "")
    at = f"commit `{commit.rstrip('+')[:12]}`{' with changes' if commit.endswith('+') else ''}" if commit else ""
    said = ", ".join(part for part in (day, at) if part)
    return [f"Measured: {said}."] if said else []


def _lines(rows: list[Mapping[str, Any]]) -> list[str]:
    lines = ["| figure | measured | bar | holds | why this bar |", "|---|---|---|---|---|"]
    for row in rows:
        value = row["unit"] if row["value"] is None else f"{row['value']:g} {row['unit']}".strip()
        cells = (
            row["name"],
            value,
            row["bar"],
            {True: "yes", False: "**no**", None: ""}[row["ok"]],
            row.get("why", ""),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def written(page: str, document: Mapping[str, Any]) -> str:
    """The page with the figures in place of the older ones.

    Raises:
        ValueError: It does not say where they belong.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n\n{table(document)}\n\n{END}{tail}"


def in_history(commit: str) -> bool:
    """The commit leads to the present one; another one says nothing to who reads the page."""
    ask = ["git", "merge-base", "--is-ancestor", commit.rstrip("+") or "-", "HEAD"]
    return subprocess.run(ask, cwd=ROOT, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Write the page; 1 when nothing was measured yet."""
    if not RESULT.exists():
        sys.stderr.write(f"there is no {RESULT.relative_to(ROOT)}: make bench\n")
        return 1
    document = json.loads(RESULT.read_text(encoding="utf-8"))
    for found in document["topics"].values():
        if not in_history(str(found.get("commit") or "")):
            found["commit"] = ""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), document), encoding="utf-8")
    sys.stdout.write(f"written: {PAGE.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
