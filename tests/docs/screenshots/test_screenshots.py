"""The pictures of the documentation: each that a page names is there, has an alt text and is small; the script makes all."""

from __future__ import annotations

import re
import struct

from tests.docs.codes import ROOT
from tests.docs.screenshots.shots import FOLDER, MOST_BYTES, SHOTS

IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def shown() -> dict[str, list[tuple[str, str]]]:
    """Page to the alt text and the file of each picture of a browser that it shows."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = {
        str(page.relative_to(ROOT)): [
            (alt, str((page.parent / path).resolve().relative_to(ROOT)))
            for alt, path in IMAGE.findall(page.read_text("utf-8"))
        ]
        for page in pages
    }
    return {page: images for page, images in found.items() if images}


def test_each_picture_that_a_page_shows_is_there_and_says_what_it_shows() -> None:
    for page, images in shown().items():
        for alt, path in images:
            assert (ROOT / path).is_file(), f"{page}: {path}"
            assert len(alt.split()) >= (4 if path.endswith(".png") else 2), f"{page}: {path} needs an alt text"


def test_the_script_makes_every_picture_and_each_is_shown() -> None:
    made = {f"docs/images/{one.name}.png" for one in SHOTS}
    in_docs = {path for page, images in shown().items() if page != "README.md" for _, path in images}
    in_readme = [path for _, path in shown()["README.md"] if path.endswith(".png")]
    assert made == {path for path in in_docs if path.endswith(".png")}
    assert len(made) == 10
    assert len(in_readme) == 2
    assert set(in_readme) <= made
    assert made == {f"docs/images/{file.name}" for file in FOLDER.iterdir()}


def test_pictures_are_small_and_have_a_palette() -> None:
    for file in FOLDER.glob("*.png"):
        head = file.read_bytes()[:26]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">B", head[25:26]) == (3,), f"{file.name} has no palette"
        assert file.stat().st_size <= MOST_BYTES, file.name
