"""Documents of an index as a user writes them: files of any folder and encoding, found by what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import Result

from compound import Project
from compound.errors import CompoundError, ProjectError
from tests.support.commands import command
from tests.support.projects import write_project

PYPROJECT = """\
[tool.compound]
name = "small"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
vectors = "sqlite"
lexical = ["pages"]
documents = {{ pages = {entries} }}
"""


def written(root: Path, entries: list[str], files: Mapping[str, str | bytes]) -> Path:
    write_project(root, {"pyproject.toml": PYPROJECT.format(entries=json.dumps(entries))})
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def indexed(root: Path) -> Result:
    return command(["index", "--json"], env={"COMPOUND_ROOT": str(root)})


def found(root: Path, query: str) -> list[str]:
    project = Project.open(root)
    try:
        return [passage.doc_id for passage in project.resources.retriever("pages").search(query).passages]
    finally:
        project.close()


REFUND = "Rückgabe: fünf Tage, naïve Café-Regel"


@pytest.mark.parametrize(
    "data",
    [
        REFUND.encode(),
        REFUND.encode("utf-8-sig"),
        REFUND.encode("utf-16"),
        REFUND.encode("utf-16-le"),
        REFUND.encode("utf-16-be"),
        b"\xfe\xff" + REFUND.encode("utf-16-be"),
        REFUND.encode("utf-32"),
    ],
)
def test_every_unicode_encoding_is_read_exactly(data: bytes, tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.txt"], {"docs/a.txt": data})
    assert indexed(root).exit_code == 0
    project = Project.open(root)
    assert cast("Any", project.resources.retriever("pages")).source("a") == REFUND
    project.close()
    assert found(root, "rückgabe") == found(root, "CAFÉ") == ["a"]


@pytest.mark.parametrize(
    "data", [REFUND.encode("latin-1"), "Сроки возврата".encode("cp1251"), b"\x89PNG\r\n\x00\x01\x02", b"abc\xff\xfe"]
)
def test_a_file_in_an_unknown_encoding_is_refused_and_named(data: bytes, tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.md"], {"docs/good.md": "# Good", "docs/bad.md": data, "docs/worse.md": data})
    error = indexed(root).exception
    assert isinstance(error, ProjectError)
    assert error.code == "project.not-text"
    assert "docs/bad.md" in error.what
    assert "docs/worse.md" in error.what
    assert "docs/good.md" not in error.what


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: Refund times\naudience: staff\nyear: 2025\n---\n",
        '+++\ntitle = "Refund times"\naudience = "staff"\n+++\n',
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_front_matter_is_not_text(front: str, mark: str, tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.md"], {"docs/a.md": f"{mark}{front}# Returns\n\nFive days."})
    assert indexed(root).exit_code == 0
    project = Project.open(root)
    retriever = cast("Any", project.resources.retriever("pages"))
    (passage,) = retriever.search("days", where={"audience": "staff"}).passages
    assert (passage.title, passage.heading, passage.text) == ("Refund times", "Returns", "Five days.")
    assert retriever.source("a")[passage.start : passage.end] == passage.text
    assert retriever.search("audience").passages == ()
    project.close()


@pytest.mark.parametrize("page", ["---\n\nA rule, and text.\n", "---\nnot: [closed\n---\nText.", "--- \ntext\n---\n"])
def test_a_page_that_only_looks_like_front_matter_is_text(page: str, tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.md"], {"docs/a.md": page})
    assert indexed(root).exit_code == 0
    assert found(root, "text") == ["a"]


def test_a_page_of_headings_is_found_by_each_of_them(tmp_path: Path) -> None:
    page = "# Branches\n## Oslo harbour\n## Bergen\n### Quay\n# Fax 555-0199\n"
    root = written(tmp_path, ["docs/*.md"], {"docs/a.md": page, "docs/b.md": "# Alone"})
    assert indexed(root).exit_code == 0
    for word in ("harbour", "Bergen", "quay", "0199", "branches"):
        assert "a" in found(root, word), word
    assert found(root, "alone") == ["b"]


def test_files_of_an_unknown_type_and_empty_ones_are_named(tmp_path: Path) -> None:
    files = {"docs/a.md": "Text.", "docs/plan.pdf": b"%PDF", "docs/deep/b.MD": "More.", "docs/empty.txt": " \n"}
    result = indexed(written(tmp_path, ["docs"], files))
    (report,) = json.loads(result.stdout)
    assert report["documents"] == 3
    assert [one.partition(":")[0] for one in report["skipped"]] == ["docs/plan.pdf", "docs/empty.txt"]
    assert "index pages: not read: docs/plan.pdf: only .md, .markdown, .txt are read" in result.stderr
    (tmp_path / "docs/a.md").unlink()
    with pytest.raises(CompoundError) as caught:
        Project.open(written(tmp_path, ["docs/*.pdf"], {})).index([])
    assert "docs/plan.pdf" in caught.value.what


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        (["docs/**/*.md"], {"refunds", "north/refunds", "south/deep/refunds"}),
        (["docs/**"], {"refunds", "north/refunds", "south/deep/refunds"}),
        (["docs"], {"refunds", "north/refunds", "south/deep/refunds"}),
        (["./docs/*/*.md"], {"north/refunds"}),
        (["docs/no*/refunds.md", "docs/refunds.md"], {"north/refunds", "refunds"}),
        (
            ["docs/north/*.md", "docs/south/**/*.md", "docs/*.md"],
            {"deep/refunds", "docs/north/refunds.md", "docs/refunds.md"},
        ),
        (["**/*.md"], {"docs/refunds", "docs/north/refunds", "docs/south/deep/refunds"}),
        (["docs/*.md", "docs/**/*.md"], {"refunds", "north/refunds", "south/deep/refunds"}),
    ],
)
def test_recursive_globs_and_equal_names_in_folders(entries: list[str], wanted: set[str], tmp_path: Path) -> None:
    files = {f"docs/{name}.md": f"Text of {name}." for name in ("refunds", "north/refunds", "south/deep/refunds")}
    root = written(tmp_path, entries, {**files, ".venv/lib/refunds.md": "Text of a package."})
    assert indexed(root).exit_code == 0
    assert set(found(root, "text")) == wanted


def test_a_page_of_windows_is_cut_as_any_other(tmp_path: Path) -> None:
    page = "---\r\ntitle: Returns\r\n---\r\n# Days\r\n\r\nFive.\r\n\r\n## Quay\r\nSix.\r\n"
    root = written(tmp_path, ["docs/*.md"], {"docs/a.md": page.encode("utf-16")})
    assert indexed(root).exit_code == 0
    project = Project.open(root)
    found = project.resources.retriever("pages").search("five six").passages
    assert {(one.title, one.heading, one.text) for one in found} == {
        ("Returns", "Days", "Five."),
        ("Returns", "Days > Quay", "Six."),
    }
    project.close()


def test_a_page_and_a_text_of_one_name_are_two_documents(tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*"], {"docs/a.md": "Text one.", "docs/a.txt": "Text two."})
    assert indexed(root).exit_code == 0
    assert set(found(root, "text")) == {"docs/a.md", "docs/a.txt"}


def test_progress_is_told(tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.md"], {f"docs/{n}.md": f"Page {n}." for n in range(300)})
    assert "index pages: 300 of 300 passages" in indexed(root).stderr
    told: list[tuple[str, int, int]] = []

    def tell(name: str, done: int, total: int) -> None:
        told.append((name, done, total))

    Project.open(root).index([], on_progress=tell)
    assert told == []  # nothing changed, nothing is done
    (tmp_path / "docs/0.md").write_text("Another page.")
    Project.open(root).index([], on_progress=tell)
    assert told == [("pages", 256, 300), ("pages", 300, 300)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我们的退款政策是三十天。", "退款"),
        ("我们的退款政策是三十天。", "请问退款政策"),
        ("返品は30日以内にお願いします。", "返品"),
        ("カードの利用停止", "ｶｰﾄﾞ"),
        ("환불은 영업일 기준 5일", "환불"),
        ("Straße der Rückgabe", "STRASSE"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("İstanbul", "istanbul"),
        ("re\u200bfund with\u00adin", "refund"),
        ("refund", "re\u2060fu\ufeffnd"),
        ("re\u202efund", "refund"),
        ("iPhone手机壳", "iphone"),
        ("iPhone手机壳", "手机"),
    ],
)
def test_words_of_many_scripts_are_found(text: str, query: str, tmp_path: Path) -> None:
    root = written(tmp_path, ["docs/*.md"], {"docs/a.md": text, "docs/b.md": "Nothing of that."})
    assert indexed(root).exit_code == 0
    assert found(root, query) == ["a"]
