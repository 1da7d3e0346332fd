"""A Chromium for the tests of the pages: the machine's own, Debian's package, or Playwright's download."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FONTS = "fonts-noto-core"


@cache
def chromium() -> str | None:
    """The program; None if there is none. `COMPOUND_CHROMIUM` names another one."""
    given = os.environ.get("COMPOUND_CHROMIUM")
    if given:
        return given
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or _playwrights()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main() -> int:
    """Find a Chromium or install one; says which, or why there is none."""
    found = chromium()
    for command in () if found else _ways():
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0:
            chromium.cache_clear()
            found = chromium()
        if found:
            break
    if not found:
        sys.stderr.write("no Chromium was found or could be installed; set COMPOUND_CHROMIUM to one\n")
        return 1
    sys.stdout.write(f"Chromium: {found}\n")
    return 0


def _ways() -> list[list[str]]:
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = "apt-get install -y -q --no-install-recommends"
        debian = f"({install} chromium {FONTS}) || (apt-get update -q && {install} chromium {FONTS})"
        ways.insert(0, ["sh", "-c", f"{debian} >/dev/null"])
    return ways


if __name__ == "__main__":
    sys.exit(main())
