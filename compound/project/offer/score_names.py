"""The scores that a suite's scorers can return, from their source code: a misspelt name is found before a run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import CompoundError, choices
from compound.language import Finding
from compound.plugins import SCORERS
from compound.project.source.parts import EVALS

if TYPE_CHECKING:
    from compound.project.open.resources import Resources
    from compound.spec.suite_file import SuiteFile
    from compound.spec.yaml.reading import YamlDocument

_ANYTHING = ".*"
_BUILT_IN = frozenset(SCORERS.built_in)
"""Each returns the score of its own name."""


@dataclass(frozen=True, slots=True)
class ScoreNames:
    """The score names in the scorers' code.

    Attributes:
        written: Names in `Score(name="...")`.
        patterns: Regular expressions for computed names such as `f"kind_{kind}"`; a variable matches anything.
    """

    written: frozenset[str]
    patterns: tuple[str, ...]

    def may_be(self, name: str) -> bool:
        """Whether a scorer may return the named score."""
        return name in self.written or any(re.fullmatch(one, name, re.DOTALL) for one in self.patterns)


def score_findings(resources: Resources, folder: str, suite: SuiteFile, document: YamlDocument) -> Iterator[Finding]:
    """Scores that a suite lists or certifies with, and that no scorer returns.

    A scorer that takes its names from data or from code outside of the project may return any name: nothing is found.
    """
    names = _names_of(resources, folder, suite.scorers)
    if names is None:
        return
    asked = [(("scores", name), name, "key") for name in suite.scores]
    asked += [(("certify", "wrong"), suite.certify.wrong, "value")] if suite.certify else []
    for path, name, at in asked:
        if not names.may_be(name):
            what = f"suite {suite.name}: no scorer returns a score {name!r}"
            where = document.source.key(path) if at == "key" else document.source.value(path)
            yield Finding("suite.unknown-score", what, where, choices(sorted(names.written), name))


def _names_of(resources: Resources, folder: str, scorers: Sequence[str]) -> ScoreNames | None:
    written: set[str] = set()
    patterns: set[str] = set()
    for reference in scorers:
        found = 0
        if ":" not in reference:
            if reference not in _BUILT_IN:
                return None  # the scorer of a plug-in may return any score
            written.add(reference)
            continue
        with suppress(CompoundError):  # code that cannot be loaded is a finding already
            function = resources.parts.modules.function(f"{EVALS}.{folder}.{reference}")
            for path in sorted(resources.code.files(function)):
                for one in _calls((resources.settings.root / path).read_bytes()):
                    found += 1
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        written.add(one.value)
                    else:
                        patterns.add(_pattern(one))
        if not found:
            return None
    return ScoreNames(frozenset(written), tuple(sorted(patterns)))


def _calls(source: bytes) -> Iterator[ast.expr | None]:
    """The name of each `Score(...)` in a module; None if it cannot be determined."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    called = _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in called:
            given = {one.arg: one.value for one in node.keywords}
            # A score of a group is not a headline score.
            if "group" not in given and ("name" in given or "replace" not in ast.unparse(node.func)):
                yield given.get("name")


def _aliases(tree: ast.AST) -> set[str]:
    imports = [one for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names]
    return {"Score", *(one.asname for one in imports if one.name == "Score" and one.asname), "replace"}


def _pattern(name: ast.expr | None) -> str:
    if not isinstance(name, ast.JoinedStr):
        return _ANYTHING
    parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else _ANYTHING for one in name.values]
    return "".join(parts)
