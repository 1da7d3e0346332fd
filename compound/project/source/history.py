"""Reads files of a git revision of the project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from compound.errors import ProjectError

_TIMEOUT_S: Final = 60.0


class Revision:
    """A revision of the project's git repository.

    Args:
        root: The project's root; paths are relative to it.
        name: Revision for git: `HEAD~1`, `main`, a commit.

    Raises:
        ProjectError: `history.no-git`: git or the repository is missing. `history.unknown-revision`.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.name = name
        inside = self._git("rev-parse", "--is-inside-work-tree")
        if inside is None:
            raise ProjectError("history.no-git", f"{root} is not in a git repository", fix="compare two files instead")
        commit = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if commit is None:
            raise ProjectError(
                "history.unknown-revision", f"{name!r} is not a git revision", fix="use a commit, a branch or a tag"
            )
        self._commit = commit.decode().strip()

    def read(self, path: str) -> bytes | None:
        """Content of a file; None if the revision does not have it."""
        return self._git("cat-file", "blob", f"{self._commit}:./{path}")

    def files(self, folder: str, suffix: str) -> list[str]:
        """Files directly in a folder with this suffix, sorted."""
        listed = self._git("ls-tree", "--name-only", "-z", self._commit, f"{folder}/") or b""
        return sorted(name for name in os.fsdecode(listed).split("\0") if name.endswith(suffix))

    def changed(self) -> list[str]:
        """Files of the project that were changed, deleted, or added and not ignored."""
        differing = self._git("diff", "--name-only", "--relative", "--no-renames", "-z", self._commit, "--", ".") or b""
        unknown = self._git("ls-files", "--others", "--exclude-standard", "-z", ".") or b""
        return sorted({name for name in os.fsdecode(differing + unknown).split("\0") if name})

    def _git(self, *arguments: str) -> bytes | None:
        """Standard output; None if git fails."""
        try:
            done = subprocess.run(
                ["git", "-C", str(self._root), *arguments],
                check=False,
                capture_output=True,
                timeout=_TIMEOUT_S,
                env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
            )
        except FileNotFoundError:
            raise ProjectError("history.no-git", "git is not installed", fix="compare two files instead") from None
        except subprocess.TimeoutExpired:
            raise ProjectError("history.no-git", f"git took longer than {_TIMEOUT_S:.0f} s") from None
        return done.stdout if done.returncode == 0 else None
