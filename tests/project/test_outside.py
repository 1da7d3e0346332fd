"""Links out of a project are refused: documents, tools, prompts, graphs, tables; a setting allows a folder."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from compound import Project
from compound.errors import CompoundError
from tests.support.commands import command
from tests.support.projects import PYPROJECT, write_project

GRAPH = "compound: graph/v1\nname: main\ninput: {text: str}\noutput: {loud: $e}\nnodes:\n  e: {use: tool, tool: shout, in: {text: $input.text}}\n"
TOOL = 'from compound.tool import tool\n\n\n@tool\ndef shout(text: str) -> str:\n    """Louder."""\n    return text.upper()\n'
DOCUMENTS = '[tool.compound.profiles.plain.documents]\nhandbook = ["docs/*.md"]\n'
LINKS = {
    "graphs/other.yaml": GRAPH.replace("main", "other"),
    "graphs/prompts/p.md": "Say it.",
    "graphs/policies/p.yaml": "compound: policy/v1\n",
    "graphs/lib.py": "X = 1\n",
    "tools/more.py": "X = 1\n",
    "tools/more.sql": "SELECT 1",
    "tools/lib/deep/more.py": "X = 1\n",
    "connectors/lakehouse.yaml": "compound: lakehouse/v1\n",
    "evals/s/suite.yaml": "compound: suite/v1\n",
    "helper.py": "X = 1\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write_project(tmp_path / "project", {"graphs/main.yaml": GRAPH, "tools/voice.py": TOOL})
    (root / "lakehouse").mkdir()
    monkeypatch.chdir(root)
    return root


def allow(root: Path, folder: Path) -> None:
    (root / "pyproject.toml").write_text(
        PYPROJECT.replace('profile = "plain"', f'profile = "plain"\nallow_folders = ["{folder}"]')
    )


def refusal(*words: str) -> str:
    """The code of the error that a command ends with; empty where it ends well."""
    done = command([*words])
    if isinstance(done.exception, CompoundError):
        assert done.exception.exit_code == 2
        return done.exception.code
    assert done.exit_code == 0, done.output
    return ""


def loud(root: Path) -> object:
    project = Project.open(root)
    try:
        return project.run("main", {"text": "hi"}).output
    finally:
        project.close()


@pytest.mark.parametrize("name", LINKS)
def test_a_link_out_of_the_project_is_refused(tmp_path: Path, root: Path, name: str) -> None:
    target = tmp_path / "outside" / Path(name).name
    target.parent.mkdir()
    target.write_text(LINKS[name])
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).symlink_to(target)
    with pytest.raises(CompoundError, match=r"project\.outside") as caught:
        loud(root)
    assert name in str(caught.value)
    assert refusal("check") == "project.outside"
    allow(root, target.parent)
    if name not in ("tools/more.sql",):
        assert loud(root) == {"loud": "HI"}


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path, root: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "tools/lib").symlink_to(tmp_path / "outside")
    with pytest.raises(CompoundError, match=r"project\.outside"):
        loud(root)


def test_a_link_inside_is_fine(root: Path) -> None:
    (root / "shared").mkdir()
    (root / "shared/extra.py").write_text("X = 1\n")
    (root / "tools/extra.py").symlink_to(root / "shared/extra.py")
    assert loud(root) == {"loud": "HI"}


def test_documents_are_not_read_through_links(tmp_path: Path, root: Path) -> None:
    secret = tmp_path / "outside/secret.md"
    secret.parent.mkdir()
    secret.write_text("# Secret\n\nTOPSECRET")
    (root / "docs").mkdir()
    (root / "docs/page.md").write_text("# Page\n\nText.")
    (root / "docs/link.md").symlink_to(secret)
    (root / "pyproject.toml").write_text(PYPROJECT + DOCUMENTS)
    assert refusal("index") == "project.outside"
    (root / "docs/link.md").unlink()
    assert refusal("index") == ""
    # A folder that the setting names outside was meant; what links out of it was not.
    (root / "pyproject.toml").write_text(PYPROJECT + DOCUMENTS.replace("docs/", "../outside/"))
    assert refusal("index", "--force") == ""
    other = tmp_path / "third.md"
    other.write_text("x")
    (secret.parent / "more.md").symlink_to(other)
    assert refusal("index", "--force") == "project.outside"


def test_tables_are_not_read_through_links(tmp_path: Path, root: Path) -> None:
    (tmp_path / "outside").mkdir()
    duckdb.sql(f"COPY (SELECT 1 AS a) TO '{tmp_path}/outside/t.parquet'")
    (root / "lakehouse/t.parquet").symlink_to(tmp_path / "outside/t.parquet")

    def rows() -> int:
        project = Project.open(root)
        try:
            return project.resources.lakehouse.table("t").rows
        finally:
            project.close()

    with pytest.raises(CompoundError, match=r"lakehouse\.outside"):
        rows()
    allow(root, tmp_path / "outside")
    assert rows() == 1


def test_one_folder_written_as_text_allows_nothing(root: Path) -> None:
    (root / "pyproject.toml").write_text(
        PYPROJECT.replace('profile = "plain"', 'profile = "plain"\nallow_folders = "/srv"')
    )
    assert refusal("check") == "project.bad-setting"
