"""The location and settings of a project: read once into a frozen value."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError, choices
from compound.language.environment import Environment
from compound.project.settings.chosen import Chosen, chosen, chosen_by_index, chosen_list
from compound.project.settings.keys import BATCH_KEYS, PROFILE_KEYS, PROJECT_KEYS
from compound.project.settings.web import WebSettings, web_settings
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    pass

MARKER = "pyproject.toml"
STATE_FOLDER = ".compound"
DEFAULT_PROFILE = "default"
"""The profile of a project without profiles."""

AUTO = Chosen("auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A set of data and servers for the project; paths are absolute."""

    name: str
    lakehouse: Path
    generator: str | None = None
    items: Path | None = None
    cases: Path | None = None
    extra_cases: Path | None = None
    training: Path | None = None
    documents: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    lexical: tuple[str, ...] = ()
    records: Mapping[str, str] = field(default_factory=dict[str, str])
    mailboxes: Mapping[str, Path] = field(default_factory=dict[str, Path])
    mail_services: Mapping[str, Chosen] = field(default_factory=dict[str, Chosen])
    state: str | None = None
    lock_wait_s: float = 30.0
    vectors: str = "edge"
    embedder: Chosen = AUTO
    reranker: Chosen | None = None
    retrievers: Mapping[str, Chosen] = field(default_factory=dict[str, Chosen])
    exporters: tuple[Chosen, ...] = ()
    model: str | None = None
    allow_folders: tuple[Path, ...] = ()

    @property
    def index_names(self) -> list[str]:
        """Index names for `retrieve` nodes."""
        return list(dict.fromkeys([*self.documents, *self.retrievers]))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """How batches handle failures; see `BATCH_KEYS`."""

    retries: int = 3
    stop_after_failures: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The effective settings: flag > `COMPOUND_*` > profile > `[tool.compound]` > default."""

    root: Path
    name: str
    graph: str
    profile: Profile
    home: Path
    """Folder of this profile's run-time state, not under version control. Set by `COMPOUND_HOME`."""
    specialists: Mapping[str, str] = field(default_factory=dict[str, str])
    """Specialist name -> `module:function` that yields its labelled examples."""
    example: Mapping[str, object] = field(default_factory=dict[str, object])
    """Input of `graph` for `compound run` without arguments; may be empty."""
    group_access: bool = False
    """Whether the state folder is open to its group; else only to its owner."""
    self_contained: tuple[str, ...] = ()
    """Profiles with a generator of their data."""
    profiles: tuple[str, ...] = ()
    """All profiles of the project."""
    batch: BatchSettings = BatchSettings()
    web: WebSettings = field(default_factory=WebSettings)

    @property
    def state_url(self) -> str:
        """URL of the state store."""
        return self.profile.state or str(self.home / "state.db")

    def records_url(self, name: str) -> str:
        """URL of a record store's database."""
        return self.profile.records.get(name) or f"sqlite:///{self.home / name}.db"

    @property
    def without_data(self) -> str:
        """The fix of errors about missing data of the profile."""
        if self.profile.generator:
            return f"compound seed --profile {self.profile.name} writes it"
        fix = f"create it, or correct [tool.compound.profiles.{self.profile.name}] in {MARKER}"
        if not self.self_contained:
            return fix
        return f"{fix}, or use a profile with generated data: --profile {self.self_contained[0]}"

    def shown(self, path: Path) -> str:
        """A path as a user would type it from the root."""
        try:
            return str(path.relative_to(self.root))
        except ValueError:
            return os.path.relpath(path, self.root)


def in_settings(root: Path, text: str) -> Location:
    """The place of a key or value in the project's settings: its first line, else the file."""
    lines = (root / MARKER).read_text(encoding="utf-8").splitlines()
    start = next((at for at, line in enumerate(lines) if line.strip().startswith("[tool.compound")), 0)
    for number, line in enumerate(lines[start:], start + 1):
        found = re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", line.split(" #")[0])
        if found:
            return Location(MARKER, number, found.start() + 1)
    return Location(MARKER, start + 1 if lines else 0)


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` whose pyproject.toml has `[tool.compound]`.

    Raises:
        ProjectError: `project.no-root`: none was found.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        marker = folder / MARKER
        if marker.is_file() and "tool" in (data := _toml(marker)) and "compound" in _table(data, "tool"):
            return folder
    raise ProjectError(
        "project.no-root",
        f"no Compound project found at or above {here}",
        fix="go to a folder whose pyproject.toml has [tool.compound], or create one: compound init DIR",
    )


def load_settings(
    root: Path | None = None,
    *,
    profile: str | None = None,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings of the project at `root` (default: around the working folder).

    Raises:
        ProjectError: an unknown key or profile; the message lists the choices.
    """
    env = os.environ if environ is None else environ
    base = root.resolve() if root else find_root(Path(env["COMPOUND_ROOT"]) if "COMPOUND_ROOT" in env else None)
    marker = base / MARKER
    table = _table(_table(_toml(marker), "tool"), "compound")
    _refuse_unknown(table, {*PROJECT_KEYS, *PROFILE_KEYS}, marker, "[tool.compound]")
    profiles = _table(table, "profiles") or {DEFAULT_PROFILE: {}}
    name = profile or env.get("COMPOUND_PROFILE") or _text(table, "profile") or next(iter(profiles))
    if name not in profiles:
        raise ProjectError(
            "project.unknown-profile",
            f"profile {name!r} does not exist",
            where=Location(MARKER),
            fix=f"use a profile in [tool.compound.profiles]; {choices(list(profiles), name)}",
        )
    chosen = _table(profiles, name)
    _refuse_unknown(chosen, set(PROFILE_KEYS), marker, f"[tool.compound.profiles.{name}]")
    merged = {key: table[key] for key in PROFILE_KEYS if key in table} | chosen
    merged |= _overrides(env, merged) | ({"model": model} if model else {})
    state = Path(env["COMPOUND_HOME"]) if env.get("COMPOUND_HOME") else base / STATE_FOLDER
    home = state.resolve() / name
    return Settings(
        root=base,
        name=_text(table, "name") or base.name,
        graph=_text(table, "graph") or _only_graph(base),
        profile=_profile(base, home, name, merged),
        home=home,
        specialists={key: str(value) for key, value in _table(table, "specialists").items()},
        example=_table(table, "example"),
        profiles=tuple(profiles),
        group_access=_flag(table, "group_access"),
        batch=_batch(_table(table, "batch"), marker),
        web=web_settings(_table(table, "web")),
        self_contained=tuple(name for name in profiles if _text(_table(profiles, name), "generator")),
    )


def _overrides(env: Mapping[str, str], table: Mapping[str, object]) -> dict[str, object]:
    """The keys of a profile that environment variables set."""
    keys = ("state", "lock_wait", "vectors", "model")
    found: dict[str, object] = {key: value for key in keys if (value := env.get(f"COMPOUND_{key.upper()}"))}
    if value := env.get("COMPOUND_RECORDS"):
        found["records"] = _table(table, "records") | _stores(value)
    return found


def _only_graph(root: Path) -> str:
    """The default graph of a project that names none: its only one; empty if it has several."""
    folder = root / "graphs"
    names = {path.stem for pattern in ("*.yaml", "*.py") for path in folder.glob(pattern) if path.stem != "__init__"}
    return names.pop() if len(names) == 1 else ""


def _profile(root: Path, home: Path, name: str, table: Mapping[str, object]) -> Profile:
    def at(value: str) -> Path:
        return (root / value.replace("{home}", str(home))).resolve()

    def path(key: str) -> Path | None:
        value = _text(table, key)
        return at(value) if value else None

    filled = Environment(os.environ)

    def secret(key: str) -> str | None:
        value = _text(table, key)
        return filled.text(value, key) if value else value

    documents = {
        index: tuple([entry] if isinstance(entry, str) else cast("list[str]", entry))
        for index, entry in _table(table, "documents").items()
    }
    return Profile(
        name=name,
        lakehouse=path("lakehouse") or home / "lakehouse",
        generator=_text(table, "generator"),
        items=path("items"),
        cases=path("cases"),
        extra_cases=path("extra_cases"),
        training=path("training"),
        documents=documents,
        lexical=tuple(cast("list[str]", table.get("lexical") or [])),
        records={name: filled.text(url, f"records.{name}") for name, url in _texts(table, "records").items()},
        mailboxes={name: at(text) for name, text in _texts(table, "mailboxes", but_tables=True).items()},
        mail_services=chosen_by_index(_tables(table, "mailboxes"), "mailboxes", MARKER),
        state=secret("state"),
        lock_wait_s=_seconds(table, "lock_wait", 30.0),
        vectors=secret("vectors") or "edge",
        embedder=chosen(table.get("embedder", "auto"), "embedder", MARKER),
        reranker=chosen(table["reranker"], "reranker", MARKER) if "reranker" in table else None,
        retrievers=chosen_by_index(table.get("retrievers", {}), "retrievers", MARKER),
        exporters=chosen_list(table.get("exporters", []), "exporters", MARKER),
        model=_text(table, "model"),
        allow_folders=_folders(root, table, "allow_folders"),
    )


def _batch(table: Mapping[str, object], marker: Path) -> BatchSettings:
    _refuse_unknown(table, set(BATCH_KEYS), marker, "[tool.compound.batch]")
    for key, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            what = f"the setting `batch.{key}` is {value!r}, not an integer >= 0"
            raise ProjectError("project.bad-number", what, where=Location(MARKER), fix=f"{key} = 3")
    return BatchSettings(**cast("dict[str, int]", dict(table)))


def _toml(path: Path) -> dict[str, object]:
    try:
        return cast("dict[str, object]", tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("project.bad-toml", f"not valid TOML: {error}", where=Location(str(path))) from error


def _table(data: Mapping[str, object], key: str) -> dict[str, object]:
    value = data.get(key, {})
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _text(data: Mapping[str, object], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def _tables(data: Mapping[str, object], key: str) -> dict[str, object]:
    """The entries of a table that are tables themselves."""
    return {name: one for name, one in _table(data, key).items() if isinstance(one, dict)}


def _texts(data: Mapping[str, object], key: str, *, but_tables: bool = False) -> dict[str, str]:
    """A table of name to text; `but_tables` leaves out the entries that are tables."""
    value = data.get(key, {})
    entries = cast("dict[str, object]", value) if isinstance(value, dict) else {"": None}
    if but_tables:
        entries = {name: one for name, one in entries.items() if not isinstance(one, dict)}
    if not all(isinstance(one, str) and one for one in entries.values()):
        what = f"the setting `{key}` is {value!r}, not a table of name to text"
        raise ProjectError("project.bad-setting", what, where=Location(MARKER), fix=f'{key} = {{NAME = "..."}}')
    return cast("dict[str, str]", entries)


def _stores(given: str) -> dict[str, str]:
    """Parse `NAME=URL` entries, separated by spaces."""
    pairs = [one.partition("=") for one in given.split()]
    if not all(name and url for name, _, url in pairs):
        what = f"COMPOUND_RECORDS is {given!r}, not NAME=URL"
        raise ProjectError("project.bad-setting", what, fix="COMPOUND_RECORDS='crm=postgresql://...'")
    return {name: url for name, _, url in pairs}


def _flag(data: Mapping[str, object], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        what = f"the setting `{key}` is {value!r}; it must be `true` or `false`"
        raise ProjectError("project.bad-flag", what, where=Location(MARKER), fix=f"{key} = true")
    return value


def _folders(root: Path, table: Mapping[str, object], key: str) -> tuple[Path, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in cast("list[object]", value)):
        what = f"the setting `{key}` is {value!r}, not a list of folders"
        raise ProjectError("project.bad-setting", what, where=Location(MARKER), fix=f'{key} = ["/srv/shared"]')
    return tuple((root / folder).resolve() for folder in cast("list[str]", value))


def _seconds(data: Mapping[str, object], key: str, default: float) -> float:
    value = data.get(key)
    if value is None:
        return default
    try:
        return parse_duration(cast("str | float", value))
    except ValueError as error:
        raise ProjectError(
            "project.bad-duration", f"the setting `{key}`: {error}", where=Location(MARKER), fix=f'{key} = "30s"'
        ) from error


def _refuse_unknown(table: Mapping[str, object], known: set[str], path: Path, section: str) -> None:
    for key in table:
        if key not in known:
            raise ProjectError(
                "project.unknown-key",
                f"{section} has no key {key!r}",
                where=Location(path.name),
                fix=choices(sorted(known), key),
            )
