"""Copies of folders that hold sparse files, such as an index: a plain copy would fill every hole with zeros."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder with everything in it; the target may exist."""
    if sys.platform != "linux":
        shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
        return
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--sparse=always", f"{source}/.", str(target)], check=True)
