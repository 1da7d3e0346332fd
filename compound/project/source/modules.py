"""The project's Python: loaded as a private package, never through `sys.path`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

from compound.errors import PROJECT_PACKAGE, Location, ProjectError
from compound.language import InvalidFile
from compound.language.sha import sha
from compound.project.source.names import defined_twice

_DECLARES: Final = re.compile(rb"^@(?:\w+\.)?(?:tool|check|effect|solver)\b", re.MULTILINE)


class ProjectModules:
    """The Python files below a project's root, importable as `_compound_project.<name>.tools.refunds`.

    The package's `__path__` is the root, so that modules of the project import each other relatively, and several
    projects in a process are separate.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.package = f"{PROJECT_PACKAGE}.{re.sub(r'[^0-9A-Za-z_]', '_', name)}"
        other = sys.modules.get(self.package)
        if other is not None and list(other.__path__) != [str(root)]:
            # Another project of this name is, or was, open in this process: each keeps its own code.
            self.package = f"{self.package}_{sha(str(root), 8)}"
        self._mount()

    def _mount(self) -> None:
        top = sys.modules.setdefault(PROJECT_PACKAGE, _package(PROJECT_PACKAGE, []))
        if self.package not in sys.modules:
            child = _package(self.package, [str(self.root)])
            sys.modules[self.package] = child
            setattr(top, self.package.rpartition(".")[2], child)

    def load(self, dotted: str) -> ModuleType:
        """Import a module of the project, `tools.refunds`.

        Raises:
            ProjectError: `project.bad-module`: it cannot be imported; the message has the file and line.
        """
        try:
            return importlib.import_module(f"{self.package}.{dotted}")
        except ProjectError:
            raise
        except Exception as error:
            where = self._place_of(error) or Location(dotted.replace(".", "/") + ".py")
            raise ProjectError(
                "project.bad-module",
                f"cannot load {dotted}: {type(error).__name__}: {error}",
                where=where,
                fix="correct the file; it is imported once, when the project is opened",
            ) from error

    def has(self, dotted: str) -> bool:
        """Whether a module of the project has a file."""
        path = self.root.joinpath(*dotted.split("."))
        return path.with_name(f"{path.name}.py").is_file() or (path / "__init__.py").is_file()

    def load_folder(self, folder: str) -> list[ModuleType]:
        """Import every module of a folder, and modules in subfolders that declare something.

        A module declares something if it uses `@tool`, `@check`, `@effect` or `@solver`; others are imported on use.
        """
        path = self.root / folder
        files = [*path.glob("*.py"), *(file for file in path.glob("*/**/*.py") if _declares(file))]
        names = sorted(".".join(file.relative_to(self.root).with_suffix("").parts) for file in files)
        return [self.load(name) for name in names if not name.endswith(".__init__")]

    def function(self, reference: str) -> Callable[..., object]:
        """The function of a reference such as `tools.training:examples`.

        Raises:
            ProjectError: `project.unknown-function`: unknown module or function; `project.duplicate-name`.
        """
        module_name, _, name = reference.partition(":")
        module = self.load(module_name)
        found = getattr(module, name, None)
        file = module_name.replace(".", "/") + ".py"
        if twice := defined_twice(self.root / file, file, name):
            raise InvalidFile([twice])
        if not callable(found):
            names = sorted(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
            raise ProjectError(
                "project.unknown-function",
                f"{reference!r} is not a function",
                where=Location(file),
                fix=f"write it as module:function; that module has {', '.join(names) or 'no functions'}",
            )
        return found

    def _place_of(self, error: BaseException) -> Location | None:
        if isinstance(error, SyntaxError) and error.filename:
            return Location(self._shown(error.filename), error.lineno or 0)
        place = None
        trace = error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if file.startswith(str(self.root)) and ".venv" not in file and "/compound/" not in self._shown(file):
                place = Location(self._shown(file), trace.tb_lineno)
            trace = trace.tb_next
        return place

    def _shown(self, file: str) -> str:
        return file.removeprefix(f"{self.root}/")


def _declares(file: Path) -> bool:
    return _DECLARES.search(file.read_bytes()) is not None


def _package(name: str, path: list[str]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = path
    return module
