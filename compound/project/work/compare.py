"""`compound diff`: compares two graphs, or a graph with a revision, and lists what the change affects."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from compound.errors import CompoundError, Location, ProjectError
from compound.project.source.parts import CONNECTORS, EVALS, GRAPHS, TOOLS
from compound.spec import load_graph
from compound.spec.graph_file import blocks
from compound.spec.nodes import EffectNode, GraphNode, ReviewNode
from compound.spec.yaml.reading import read_yaml

if TYPE_CHECKING:
    from compound.graph.change.changes import Change
    from compound.graph.change.diff import GraphDiff
    from compound.project.open.resources import Resources
    from compound.project.source.history import Revision
    from compound.spec import GraphSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteImpact:
    """A suite that runs the graph; `is_affected`: whether its scores may change."""

    name: str
    until: str
    is_affected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphComparison:
    """A graph before and after a change.

    Attributes:
        name: The new graph's name; the old one's if it was removed.
        old: Place of the old one: `graphs/a.yaml@HEAD`; empty if none.
        new: Place of the new one; empty if none.
        diff: The difference; None if there is only one side.
        suites: Suites of the project that run this graph.
        waiting: Node to the number of runs of the old graph that wait there; None if unknown.
        policy: Changes of the new graph's policy since the revision; empty when two graphs are compared.
    """

    name: str
    old: str
    new: str
    diff: GraphDiff | None = None
    suites: tuple[SuiteImpact, ...] = ()
    waiting: Mapping[str, int] | None = None
    policy: tuple[Change, ...] = ()

    @property
    def status(self) -> Literal["same", "changed", "added", "removed"]:
        """Status of the graph."""
        if self.diff is None:
            return "added" if self.new else "removed"
        return "same" if self.diff.is_same and not self.policy else "changed"

    def to_json(self) -> dict[str, object]:
        """The comparison as a JSON object."""
        return {
            "graph": self.name,
            "status": self.status,
            "old": self.old or None,
            "new": self.new or None,
            "diff": None if self.diff is None else self.diff.to_json(),
            "suites": [
                {"name": one.name, "until": one.until, "affected": one.is_affected, "cases": "all"}
                for one in self.suites
            ],
            "policy": [one.to_json() for one in self.policy],
            "waiting": None if self.waiting is None else dict(self.waiting),
        }


@dataclass(slots=True)
class Comparer:
    """Compares graphs.

    Args:
        resources: The project, for suites and paused runs; None for files outside of a project.
    """

    resources: Resources | None
    _suites: dict[str, list[tuple[str, str]]] | None = field(default=None, init=False)

    def files(self, old: str, new: str) -> GraphComparison:
        """Compare two graphs, each by name or file.

        Raises:
            ProjectError: one of them cannot be read as a graph.
        """
        before, after = self._read(old), self._read(new)
        return self._compare(before[1], before[0], after[1], after[0], ())

    def against(self, revision: Revision, names: Sequence[str]) -> list[GraphComparison]:
        """Compare graphs of the project with a revision; default: all graphs of either.

        Raises:
            ProjectError: a graph cannot be read on one side, or neither side has it.
        """
        parts = self._project.parts
        known = {PurePath(path).stem: path for path in revision.files(GRAPHS, ".yaml")}
        known |= {name: f"{GRAPHS}/{path.name}" for name, path in parts.graph_files.items()}
        touched = _touched(revision, self.root)
        found: list[GraphComparison] = []
        for name in names or sorted(known):
            if name not in known:
                parts.graph_file(name)  # raises with the choices
            path = known[name]
            content, label = revision.read(path), f"{path}@{revision.name}"
            if content is not None and path.endswith(".py"):
                what = f"{label} is Python, and code of a revision is never run"
                written = ", ".join(sorted(one for one in known if known[one].endswith(".yaml"))) or "none"
                fix = f"name the graphs in YAML: {written}; or convert both to YAML and name two files"
                raise ProjectError("history.python-graph", what, fix=fix)
            before = None if content is None else load_graph(content, label)
            after = parts.graph(name) if name in parts.graph_files else None
            one = self._compare(before, label, after, path, touched)
            found.append(replace(one, policy=self._policy_changes(revision, after)))
        return found

    def _policy_changes(self, revision: Revision, graph: GraphSpec | None) -> tuple[Change, ...]:
        """Changes of the graph's policy; an unreadable policy has its own errors."""
        from compound.graph.change.diff import policy_changes
        from compound.spec.policy_file import PolicyFile
        from compound.spec.yaml.validated import validated

        parts = self._project.parts
        if graph is None or graph.policy is None or graph.policy not in parts.policy_files:
            return ()
        path = f"{GRAPHS}/policies/{graph.policy}.yaml"
        content = revision.read(path)
        try:
            old = None if content is None else validated(read_yaml(content, path), PolicyFile)
            return policy_changes(old, parts.policy(graph.policy))
        except ProjectError:
            return ()

    @property
    def root(self) -> Path:
        """Root of the project."""
        return self._project.settings.root

    @property
    def _project(self) -> Resources:
        if self.resources is None:
            raise ProjectError("project.no-root", "no project found here", fix="name two files")
        return self.resources

    def _read(self, name: str) -> tuple[str, GraphSpec]:
        path = Path(name)
        if path.suffix == ".py":
            name = self._written_in_python(path)
        elif path.suffix in {".yaml", ".yml"} or path.is_file():
            try:
                return name, load_graph(path.read_bytes(), name)
            except OSError as error:
                what = f"cannot be read: {error.strerror}"
                raise ProjectError("yaml.unreadable", what, where=Location(name)) from error
        parts = self._project.parts
        return f"{GRAPHS}/{parts.graph_file(name).name}", parts.graph(name)

    def _written_in_python(self, path: Path) -> str:
        """The name of the project's graph that this file defines; other Python is never run."""
        parts = self._project.parts
        name = parts.graph_name(str(path))
        if name not in parts.graph_files:
            fix = f"name a YAML file, or a graph: {', '.join(parts.graph_files)}"
            raise ProjectError("project.unknown-graph", f"{path} is not a graph of this project", fix=fix)
        return name

    def _compare(
        self, old: GraphSpec | None, old_place: str, new: GraphSpec | None, new_place: str, touched: Sequence[str]
    ) -> GraphComparison:
        from compound.graph.change.diff import compare

        if old is None or new is None:
            name = new.name if new else old.name if old else ""
            return GraphComparison(
                name=name, old=old_place if old else "", new=new_place if new else "", suites=self._affected(name, None)
            )
        diff = compare(old, new, touched=touched, can_pause=self._can_pause)
        return GraphComparison(
            name=new.name,
            old=old_place,
            new=new_place,
            diff=diff,
            suites=self._affected(new.name, diff),
            waiting=self._waiting(old),
        )

    def _can_pause(self, name: str) -> bool:
        """Whether a sub-graph has reviews or effects, directly or nested; unknown ones may."""
        waiting, seen = [name], set[str]()
        while waiting:
            here = waiting.pop()
            if self.resources is None or here not in self.resources.parts.graph_files:
                return True
            seen.add(here)
            for _, node in blocks(self.resources.parts.graph(here).nodes):
                if isinstance(node, ReviewNode | EffectNode):
                    return True
                if isinstance(node, GraphNode) and node.graph not in seen:
                    waiting.append(node.graph)
        return False

    def _affected(self, name: str, diff: GraphDiff | None) -> tuple[SuiteImpact, ...]:
        return tuple(
            SuiteImpact(
                name=suite,
                until=until,
                is_affected=diff is None or (diff.changes_drafts if until == "review" else not diff.is_same),
            )
            for suite, until in self._suites_of(name)
        )

    def _suites_of(self, graph: str) -> list[tuple[str, str]]:
        from compound.spec.suite_file import read_suite_file

        if self._suites is None:
            self._suites = {}
            root = self.resources.settings.root if self.resources else None
            for path in sorted((root / EVALS).glob("*/suite.yaml")) if root else ():
                suite = read_suite_file(path, f"{EVALS}/{path.parent.name}/suite.yaml")
                of = suite.graph or self._project.settings.graph
                self._suites.setdefault(of, []).append((suite.name, suite.until))
        return self._suites.get(graph, [])

    def _waiting(self, old: GraphSpec) -> Mapping[str, int] | None:
        """Runs of exactly this graph with an undecided review; only a local state store is queried."""
        if self.resources is None or not Path(self.resources.settings.state_url).is_file():
            return None
        import sqlalchemy as sa

        from compound.connector.state.tables import review, run
        from compound.review.stored.machine import UNDECIDED

        query = (
            sa.select(review.c.node, run.c.run_id)
            .distinct()
            .join(run, run.c.run_id == review.c.run_id)
            .where(run.c.graph_name == old.name, run.c.graph_hash == old.hash)
            .where(review.c.status.in_(sorted(one.value for one in UNDECIDED)))
        )
        runs: dict[str, set[str]] = {}
        with self.resources.state.read() as db:
            for node, run_id in db.execute(query):
                runs.setdefault(str(node).partition("[")[0], set()).add(str(run_id))
        return {node: len(found) for node, found in runs.items()}


def _touched(revision: Revision, root: Path) -> list[str]:
    """Parts called by nodes that differ from the revision.

    Prompts, SQL tools, graphs, models, and functions whose file changed; their imports are not followed.
    """
    names: list[str] = []
    for path in map(PurePath, revision.changed()):
        folder, stem = path.parts[0], path.stem
        if path.parts[:2] == (GRAPHS, "prompts"):
            names.append(str(path.relative_to(GRAPHS)))
        elif folder == TOOLS and path.suffix == ".sql":
            names += [stem, f"sql.{stem}"]
        elif folder == GRAPHS and path.suffix == ".yaml":
            names += [stem, f"graph.{stem}"]
        elif folder == TOOLS and path.suffix == ".py":
            names += _functions(root / path)
        elif path == PurePath(CONNECTORS, "models.yaml"):
            names += _models(revision.read(str(path)), root / path)
    return names


def _functions(path: Path) -> list[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _models(before: bytes | None, path: Path) -> list[str]:
    """Logical models whose settings differ; all if either side cannot be read."""

    def read(content: bytes) -> Mapping[str, object]:
        try:
            data = read_yaml(content, str(path)).data
        except CompoundError:
            return {}
        models = data.get("models") if isinstance(data, dict) else None
        return models if isinstance(models, dict) else {}

    old, new = read(before or b""), read(path.read_bytes() if path.is_file() else b"")
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def compare_graphs(
    names: Sequence[str], *, against: str | None = None, profile: str | None = None
) -> list[GraphComparison]:
    """Compare two graphs, or graphs of the project with a git revision.

    Args:
        names: Two graphs, by name or file; with `against` any number of names, default: all.
        against: A revision of the project's repository.
        profile: Profile whose paused runs are counted.

    Raises:
        ProjectError: `diff.two-graphs`, `history.*`, `project.*`, or a graph that cannot be read.
    """
    from compound.project.open.resources import Resources
    from compound.project.settings.settings import load_settings
    from compound.project.source.history import Revision

    if against is None and len(names) != 2:
        raise ProjectError(
            "diff.two-graphs",
            f"{len(names)} graphs given",
            fix="name two graphs, or compare with a revision: --against HEAD",
        )
    try:
        resources = Resources(load_settings(profile=profile))
    except ProjectError as error:
        if error.code != "project.no-root" or against is not None:
            raise
        resources = None  # two files outside of a project
    comparer = Comparer(resources)
    try:
        if against is None:
            return [comparer.files(names[0], names[1])]
        return comparer.against(Revision(comparer.root, against), names)
    finally:
        if resources is not None:
            resources.close()
