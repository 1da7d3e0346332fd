"""Small projects in a folder of their own, for tests that need a whole one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PYPROJECT = """\
[tool.compound]
name = "small"
graph = "main"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
"""
MODELS = "compound: models/v1\nmodels: {}\n"


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """A project that holds these files; what every project needs is added."""
    has_main = any(name in files or (root / name).exists() for name in ("graphs/main.yaml", "graphs/main.py"))
    settings = PYPROJECT if has_main else PYPROJECT.replace('graph = "main"\n', "")
    for name, text in {"pyproject.toml": settings, "connectors/models.yaml": MODELS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
