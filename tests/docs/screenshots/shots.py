"""The pictures of the documentation: a shop is filled at fixed times, served, and photographed.

python -m tests.docs.screenshots [NAME...]
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from tests.docs.codes import ROOT
from tests.support.browsers import chromium
from tests.web.look.shop import OWNER, Filled, fill, shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from compound.project import Project

FOLDER: Final = ROOT / "docs/images"
START: Final = datetime(2026, 11, 24, 8, 2, tzinfo=UTC)
"""When the first letter comes."""
MOST_BYTES: Final = 120_000
COLOURS: Final = 64
WIDE: Final = (1440, 900)
PHONE: Final = (360, 740)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture.

    Attributes:
        name: Of its file, without the ending.
        address: What it shows.
        act: Done on the page before.
    """

    name: str
    address: Callable[[Filled], str]
    size: tuple[int, int] = WIDE
    scheme: str = "light"
    language: str = "en-GB"
    zoom: float = 1
    act: Callable[[Page], object] = lambda page: None
    is_signed_in: bool = True


def review(name: str) -> Callable[[Filled], str]:
    """The address of the review of a letter."""
    return lambda shop: f"/reviews/{shop.reviews[name]}"


def _claim(page: Page) -> None:
    page.locator(".claims .go").first.click()
    page.mouse.move(0, 0)


def _running(page: Page) -> None:
    page.locator(".rows a", has_text="backlog").click()
    page.wait_for_url("**/batches/*")


SHOTS: Final = (
    Shot(name="reviews", address=lambda _: "/reviews"),
    Shot(name="review", address=review("ready"), act=lambda page: page.keyboard.press("2")),
    Shot(name="review-unsupported", address=review("unsupported"), act=_claim),
    Shot(name="review-edited", address=review("edited")),
    Shot(name="review-decided", address=review("decided")),
    Shot(name="review-phone", address=review("unsupported"), size=PHONE, scheme="dark"),
    Shot(name="run", address=lambda shop: f"/runs/{shop.runs[0]}?node=price&tab=output"),
    Shot(name="runs-compared", address=lambda shop: f"/runs/{shop.runs[0]}/against/{shop.runs[1]}"),
    Shot(name="batch", address=lambda _: "/batches", act=_running),
    Shot(name="evaluation", address=lambda shop: f"/evaluations/{shop.suites[1]}"),
)
"""The pictures of the documentation; the pages and README name each of them."""


@contextmanager
def frozen() -> Generator[Callable[[float], None]]:
    """The clock begins at `START` and goes on; it is moved by minutes."""
    import time_machine

    with time_machine.travel(START, tick=True) as traveller:
        yield lambda minutes: traveller.shift(minutes * 60)


@contextmanager
def served(project: Project) -> Generator[tuple[str, str]]:
    """The project, served by this process, whose clock is the fixed one: address and link."""
    from compound.web import server

    ready: list[tuple[str, str]] = []
    wait = threading.Event()

    def on_ready(address: str, link: str) -> None:
        ready.append((address, link))
        wait.set()

    import uvicorn

    made: list[uvicorn.Server] = []

    class Kept(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            made.append(self)

    with patch.object(uvicorn, "Server", Kept), patch("getpass.getuser", lambda: OWNER):
        thread = threading.Thread(target=lambda: server.serve(project, port=0, on_ready=on_ready), daemon=True)
        thread.start()
        assert wait.wait(60)
        while not made or not made[0].started:
            time.sleep(0.02)
        try:
            yield ready[0]
        finally:
            made[0].should_exit = True
            thread.join(30)


def take(browser: Browser, state: Any, address: str, filled: Filled, shot: Shot) -> bytes:
    """A picture as PNG."""
    width, height = shot.size
    context = browser.new_context(
        storage_state=state if shot.is_signed_in else None,
        viewport={"width": int(width / shot.zoom), "height": int(height / shot.zoom)},
        device_scale_factor=shot.zoom,
        color_scheme="dark" if shot.scheme == "dark" else "light",
        locale=shot.language,
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        page.goto(f"{address}{shot.address(filled)}")
        shot.act(page)
        page.wait_for_load_state("networkidle") if "batches" not in page.url else None
        return page.screenshot(animations="disabled", caret="hide")
    finally:
        context.close()


def packed(png: bytes) -> bytes:
    """A PNG with a palette, as small as it gets."""
    from PIL import Image

    held = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(held, "PNG", optimize=True)
    return held.getvalue()


def pictures(shots: Sequence[Shot] = SHOTS) -> Generator[tuple[Shot, bytes]]:
    """Each picture."""
    from playwright.sync_api import sync_playwright

    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as folder, frozen() as later:
        place = shop(Path(folder) / "workshop")
        filled = fill(place, later=later)
        later(7)
        with (
            place.open() as project,
            running(project, place.root),
            served(project) as (address, link),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium())
            context = browser.new_context()
            page = context.new_page()
            page.goto(link)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/reviews")
            state = context.storage_state()
            for shot in shots:
                yield shot, take(browser, state, address, filled, shot)
            browser.close()


@contextmanager
def running(project: Project, root: Path) -> Generator[None]:
    """A batch that is in progress: it waits at one of its items until the pictures are taken."""
    from compound.batch import BatchOptions

    lines = "".join(f"R{at},cargo,fault {at},{99 if at == 60 else 2}\n" for at in range(100))
    (root / "backlog.csv").write_text(f"id,bike,fault,hours\n{lines}")

    def run() -> None:
        with_source = str(root / "backlog.csv")
        project.batch("estimate", with_source, BatchOptions(concurrency=1))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while time.monotonic() < end and not any(
        one.source == "backlog.csv" and one.done >= 50 for one in project.batches().list()
    ):
        time.sleep(0.1)
    try:
        yield
    finally:
        (root / "go").touch()
        thread.join(60)


def main(names: Sequence[str]) -> int:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    wanted = [one for one in SHOTS if not names or one.name in names]
    for shot, png in pictures(wanted):
        file = FOLDER / f"{shot.name}.png"
        file.write_bytes(packed(png))
        sys.stdout.write(f"{file.relative_to(ROOT)} {file.stat().st_size} bytes\n")
    return 0
