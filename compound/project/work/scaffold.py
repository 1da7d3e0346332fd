"""`compound init`: a new project begins as a copy of the retail support desk."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from compound.errors import ProjectError
from compound.project.source.formats import write_schemas
from compound.version import PACKAGE

FOLDERS = ("graphs", "tools", "connectors", "evals")

_PYPROJECT = """\
[project]
name = "{package}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["compound"]

[tool.compound]
name = "{name}"
profile = "sample"
graph = "support_reply"
specialists = {{ intent = "tools.training:intent_examples" }}

[tool.compound.profiles.sample]
generator = "connectors.sample:write_profile"
lakehouse = "{{home}}/lakehouse"
tickets = "{{home}}/tickets.jsonl"
cases = "{{home}}/cases"
training = "{{home}}/past_cases.jsonl"
lexical = ["cases"]

[tool.compound.profiles.sample.documents]
handbook = ["connectors/sample/policies/*.md"]
cases = ["tools.training:case_documents"]
"""

_GITIGNORE = ".compound/\n.venv/\n__pycache__/\n.env\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """What `init_project` made."""

    folder: Path
    name: str
    files: int


def init_project(folder: Path, *, name: str | None = None) -> Scaffold:
    """Copy the template project into `folder`, with the schemas that its files name for editors.

    Raises:
        ProjectError: `project.not-empty`: the folder holds something already; nothing was written.
    """
    target = folder.resolve()
    if target.exists() and any(target.iterdir()):
        raise ProjectError(
            "project.not-empty",
            f"{folder} is not empty",
            fix="name a folder that does not exist yet, or an empty one",
        )
    source = template_folder()
    label = re.sub(r"[^0-9A-Za-z_]+", "_", name or target.name).strip("_") or "project"
    target.mkdir(parents=True, exist_ok=True)
    for part in FOLDERS:
        shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for suite in (target / "evals").glob("*/suite.yaml"):
        suite.write_text(_OTHER_GATES.sub("", suite.read_text(encoding="utf-8")), encoding="utf-8")
    (target / "pyproject.toml").write_text(
        _PYPROJECT.format(package=label.replace("_", "-"), name=label), encoding="utf-8"
    )
    (target / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
    write_schemas(target)
    return Scaffold(folder=target, name=label, files=sum(path.is_file() for path in target.rglob("*")))


_OTHER_GATES = re.compile(r"^  tau:\n(?:    .*\n)+", re.MULTILINE)
"""Gates of a profile that the template's own pyproject.toml does not have."""


def template_folder() -> Path:
    """Where the template lies: inside the installed package, or the root of a source checkout.

    Raises:
        ProjectError: `project.no-template`: the installation is damaged.
    """
    inside = PACKAGE / "_template"
    checkout = PACKAGE.parent
    for place in (inside, checkout):
        if all((place / part).is_dir() for part in FOLDERS):
            return place
    raise ProjectError("project.no-template", "the project template is missing", fix="install compound again")
