"""Functions and files that settings, suites and effects name: broken references are found before a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from compound.errors import CompoundError, Location, ProjectError, choices
from compound.language import Finding, InvalidFile
from compound.plugins import SCORERS
from compound.project.offer.example import example_findings
from compound.project.offer.score_names import score_findings
from compound.project.settings.settings import in_settings
from compound.project.source.documents import is_function
from compound.project.source.names import CODE
from compound.project.source.parts import EVALS
from compound.spec.declared import place_of

_TRANSACTIONS = {"records": "RecordsTransaction", "mailbox": "MailboxTransaction"}

if TYPE_CHECKING:
    from compound.effect import Effect
    from compound.project.open.resources import Resources
    from compound.spec.suite_file import SuiteFile


def effect_findings(resources: Resources, effect: Effect) -> list[Finding]:
    """Reasons that an effect can never be done: its target does not exist, or cannot be opened."""
    files = resources.target_files
    plugged = resources.plugged.target_files()
    targets = [*files.kinds, *plugged]
    if effect.target not in targets and not files.has_file(effect.target):
        what = f"effect {effect.name!r} has target={effect.target!r}, which does not exist"
        fix = (
            f"{choices(targets, effect.target)}; a new one is a file connectors/{effect.target}.yaml "
            "with compound: records/v1 (tables), or mailbox/v1 (messages)"
        )
        return [Finding("effect.unknown-target", what, effect.where, fix if targets else fix.partition("; ")[2])]
    if effect.target in plugged:
        return []  # `plugin_findings` checks its adapter
    if found := _raised(lambda: files.read(effect.target), Location(f"connectors/{effect.target}.yaml")):
        return found
    return list(_of_transaction(effect, files.kinds[effect.target]))


def _of_transaction(effect: Effect, kind: str) -> Iterator[Finding]:
    """An effect that takes the transaction of another kind of target."""
    if effect.transaction_of and effect.transaction_of != kind:
        what = f"effect {effect.name!r} has target={effect.target!r}, which is of kind {kind}, but takes a transaction"
        fix = f"take tx: {_TRANSACTIONS[kind]}, or name a target of kind {effect.transaction_of}"
        yield Finding("effect.signature", f"{what} of {effect.transaction_of}", effect.where, fix)


def target_findings(resources: Resources) -> Iterator[Finding]:
    """Mistakes in the files of targets, and settings for targets that do not exist."""
    settings, files = resources.settings, resources.target_files
    for name in files.kinds:  # `plugin_findings` checks files of another kind
        yield from _raised(partial(files.read, name), Location(f"connectors/{name}.yaml", 1))
    for key, given, known in (
        ("records", settings.profile.records, files.records),
        ("mailboxes", [*settings.profile.mailboxes, *settings.profile.mail_services], files.mailboxes),
    ):
        for name in given:
            if name not in known:
                what = f"the setting `{key}` names {name!r}, but there is no connectors/{name}.yaml of that kind"
                where = in_settings(settings.root, name)
                yield Finding("project.unknown-store", what, where, choices(list(known), name))


def function_findings(resources: Resources) -> Iterator[Finding]:
    """References in the settings: functions that yield documents, labelled texts and data; inputs of the example."""
    settings = resources.settings
    profile = settings.profile
    yield from _default_graph(resources)
    yield from example_findings(settings, resources.parts)
    for entries in profile.documents.values():
        for entry in entries:
            if is_function(entry):
                where = in_settings(settings.root, entry)
                yield from _one_argument(resources, entry, _TRAINING, where, may_have_none=True)
    for entry in settings.specialists.values():
        where = in_settings(settings.root, entry)
        yield from _one_argument(resources, entry, _TRAINING, where, may_have_none=True)
    if profile.generator:
        where = in_settings(settings.root, profile.generator)
        yield from _one_argument(resources, profile.generator, "the folder to write to", where)


def _default_graph(resources: Resources) -> Iterator[Finding]:
    """A default graph that does not exist; without one, commands name their graph."""
    settings = resources.settings
    if settings.graph:
        found = _raised(lambda: resources.parts.graph_file(settings.graph), Location("pyproject.toml"))
        where = in_settings(settings.root, settings.graph)
        yield from (replace(one, where=where) for one in found if one.code == "project.unknown-graph")


def policy_findings(resources: Resources) -> Iterator[Finding]:
    """Policies whose name differs from their file's name, and effects in them that do not exist."""
    from compound.spec.yaml.reading import read_yaml_file

    for stem, path in resources.parts.policy_files.items():
        shown = resources.settings.shown(path)
        try:
            policy, source = resources.parts.policy(stem), read_yaml_file(path, shown).source
        except CompoundError as error:
            yield from _told(error, Location(shown, 1))
            continue
        if policy.name != stem:
            what = f"the policy is named {policy.name!r}, but its file is {stem!r}"
            fix = f"write name: {stem}; graphs name a policy by its file"
            yield Finding("policy.wrong-name", what, source.value(("name",)), fix)
        try:
            known = list(resources.parts.effects)
        except CompoundError:  # code that cannot be loaded is a finding already
            continue
        for name in policy.effects:
            if name not in known:
                what = f"the policy {stem} names the effect {name!r}, which does not exist"
                yield Finding("policy.unknown-effect", what, source.key(("effects", name)), choices(known, name))


def suite_findings(resources: Resources) -> Iterator[Finding]:
    """Suites whose file cannot be read or whose functions cannot be called, and scorers with the same name."""
    from compound.evaluation import read_cases
    from compound.spec.suite_file import read_suite_of
    from compound.spec.yaml.reading import read_yaml_file

    for path in sorted((resources.settings.root / EVALS).glob("*/suite.yaml")):
        shown, folder = f"{EVALS}/{path.parent.name}/suite.yaml", path.parent.name
        try:
            suite = read_suite_of(path, shown, resources.settings.profiles)
        except CompoundError as error:
            yield from _told(error, Location(shown, 1))
            continue
        document = read_yaml_file(path, shown)
        if suite.graph is not None and suite.graph not in (graphs := list(resources.parts.graph_files)):
            what = f"the suite {suite.name} runs the graph {suite.graph!r}, which does not exist"
            yield Finding("suite.invalid", what, document.source.value(("graph",)), choices(graphs, suite.graph))
        wanted = {suite.cases: document.source.value(("cases",))}
        wanted |= {one: document.source.value(("scorers", index)) for index, one in enumerate(suite.scorers)}
        for one, where in wanted.items():
            if one.endswith(".jsonl"):
                yield from _raised(lambda path=path, one=one: read_cases(path.parent / one), where)
                continue
            if ":" not in one:
                yield from _raised(lambda one=one: SCORERS.find(one, resources.parts.own_plugins(SCORERS)), where)
                continue
            yield from _one_argument(resources, f"{EVALS}.{folder}.{one}", "a SuiteContext", where)
        yield from _scorers(resources, folder, suite)
        yield from score_findings(resources, folder, suite, document)


def _scorers(resources: Resources, folder: str, suite: SuiteFile) -> Iterator[Finding]:
    """Two scorers with the same name: their scores could not be told apart."""
    first: dict[str, Location] = {}
    for scorer in (one for one in suite.scorers if ":" in one):
        with suppress(CompoundError):  # code that cannot be loaded is a finding already
            where = place_of(resources.parts.modules.function(f"{EVALS}.{folder}.{scorer}"))
            name = scorer.rpartition(":")[2]
            if name in first:
                what = f"the suite {suite.name} has two scorers {name!r}: {first[name]} and {where}"
                yield Finding(CODE, what, where, "rename one of them, or list it once")
            first.setdefault(name, where)


_TRAINING: Final = "the path of the profile's labelled past items (`training`)"


def _one_argument(
    resources: Resources, reference: str, what_it_gets: str, named: Location, *, may_have_none: bool = False
) -> list[Finding]:
    """Findings in a function that takes one argument, or may take none; `named` is the place that names it."""

    def look() -> None:
        function = resources.parts.modules.function(reference)
        if not (_takes(function, 1) or (may_have_none and _takes(function, 0))):
            raise ProjectError(
                "project.function-signature",
                f"{reference} cannot be called with one argument: it is {_shown(function)}",
                fix=f"write a plain function of {'no argument, or of ' * may_have_none}one argument: {what_it_gets}",
                where=place_of(function),
            )

    module = reference.partition(":")[0]
    if not resources.parts.modules.has(module):
        what = f"cannot load {module}: {module.replace('.', '/')}.py does not exist"
        return [Finding("project.bad-module", what, named, "write it as module:function")]
    return [
        replace(one, where=named) if one.code == "project.unknown-function" else one for one in _raised(look, named)
    ]


def _takes(function: Callable[..., object], count: int) -> bool:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return False
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _shown(function: Callable[..., object]) -> str:
    word = "async def" if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function) else "def"
    try:
        return f"{word} {getattr(function, '__name__', '')}{inspect.signature(function)}"
    except (TypeError, ValueError):
        return repr(function)


def _raised(look: Callable[[], object], otherwise: Location) -> list[Finding]:
    try:
        look()
    except CompoundError as error:
        return _told(error, otherwise)
    return []


def _told(error: CompoundError, otherwise: Location) -> list[Finding]:
    if isinstance(error, InvalidFile):
        return list(error.findings)
    return [Finding(error.code, error.what, error.where or otherwise, error.fix)]
