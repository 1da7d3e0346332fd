"""`schema`, `fmt`, `diff`: schemas, formatting and comparison of declared files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, print_table, say

if TYPE_CHECKING:
    from compound.graph.change.diff import GraphDiff
    from compound.project.work.compare import GraphComparison

_MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}
_VERDICTS = {"move": "can move", "redo": "must be redone", "stay": "must stay"}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(schema)
    app.command()(fmt)
    app.command()(diff)


def schema(
    kind: Annotated[str | None, typer.Argument(help="A kind of file; default: list the kinds.")] = None,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Write schemas to .compound/schema/; default: all kinds.")
    ] = False,
    json: Json = False,
) -> None:
    """Print the JSON Schema of one kind of file, or write all schemas for editors."""
    if write:
        from compound.project.settings.settings import find_root
        from compound.project.source.formats import write_schemas

        root = find_root()
        written = [str(path.relative_to(root)) for path in write_schemas(root, [kind] if kind else [])]
        if json:
            print_json({"written": written})
        else:
            say("\n".join(f"wrote {path}" for path in written))
        return
    from compound.spec.form.kinds import KINDS

    if kind is not None:
        from compound.spec.form.schemas import schema_text

        sys.stdout.write(schema_text(kind))
    elif json:
        print_json({"kinds": [{"name": one.name, "title": one.title, "places": one.places} for one in KINDS.values()]})
    else:
        print_table(
            "", ["kind", "description", "files"], [(k.name, k.title, ", ".join(k.places)) for k in KINDS.values()]
        )


def diff(
    graphs: Annotated[
        list[str] | None, typer.Argument(help="Two graphs by name or file; with --against, any number of names.")
    ] = None,
    *,
    against: Annotated[
        str | None, typer.Option("--against", help="Compare with a git revision: HEAD, main, a commit.")
    ] = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show how two graphs differ in meaning and what the change affects; exit 0 if they are equivalent, else 1."""
    from compound.project.work.compare import compare_graphs

    found = compare_graphs(graphs or [], against=against, profile=profile)
    if json:
        print_json({"graphs": [one.to_json() for one in found]})
    else:
        for one in found:
            for line in _lines(one):
                say(line)
    if any(one.status != "same" for one in found):
        raise typer.Exit(1)


def fmt(
    files: Annotated[
        list[str] | None, typer.Argument(help="YAML files and SQL tools, or `-` for standard input; default: all.")
    ] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; list what would change and exit 1.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
    name: Annotated[
        str, typer.Option("--name", help="Name for standard input; a name that ends in `.sql` is a SQL tool.")
    ] = "standard input",
    json: Json = False,
) -> None:
    """Format declared files; comments are kept, and files that cannot be parsed are not changed."""
    if files == ["-"]:
        from compound.spec.form.format import format_text

        sys.stdout.write(format_text(sys.stdin.buffer.read(), name))
        return
    from compound.project.source.formats import format_files

    results = format_files(files or [], write=not (check or diff))
    refused = [one for one in results if one.error is not None]
    changed = [one for one in results if one.status == "changed"]
    if json:
        print_json({"files": [one.to_json() for one in results]})
    else:
        for one in changed:
            say(one.diff.rstrip("\n") if diff else f"{'would change' if check else 'changed'} {one.path}")
        for one in refused:
            note(str(one.error))
        say(f"{len(results)} files, {len(changed)} {'would change' if check or diff else 'changed'}")
    if refused:
        raise typer.Exit(2)
    if check and changed:
        raise typer.Exit(1)


def _lines(one: GraphComparison) -> Iterator[str]:
    if one.diff is None:
        yield f"{one.name}: {one.status} ({one.new or one.old})"
        return
    yield f"{one.name}: {one.old} -> {one.new}: " + ("the same" if one.status == "same" else "changed")
    if one.status == "changed":
        yield from _differences(one.diff)
        for change in one.policy:
            yield f"  policy {_change(change.to_json())}"
        yield from _impact(one, one.diff)


def _differences(diff: GraphDiff) -> Iterator[str]:
    for change in diff.changes:
        yield f"  {_change(change.to_json())}"
    for node in diff.nodes:
        more = f", was {node.old_name}" if node.old_name else ""
        note = "" if node.changes_value else "  (same value)"
        yield f"  {_MARKS[node.status]} {node.name} ({node.kind}){more}{note}"
        for change in node.changes:
            yield f"      {_change(change.to_json())}"


def _change(record: Mapping[str, object]) -> str:
    old, new = ("old" in record, "new" in record)
    if old and new:
        return f"{record['path']}: {_short(record['old'])} -> {_short(record['new'])}"
    return f"{record['path']}: {'+' if new else '-'} {_short(record['new' if new else 'old'])}"


def _short(value: object, limit: int = 60) -> str:
    import orjson

    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _impact(one: GraphComparison, diff: GraphDiff) -> Iterator[str]:
    if diff.affected:
        yield f"  affected: {', '.join(diff.affected)}"
    if diff.caches:
        yield f"  caches that miss: {', '.join(diff.caches)}"
    for suite in one.suites:
        verdict = "every case" if suite.is_affected else "no case: nothing before the first review changed"
        yield f"  evaluation {suite.name}: {verdict}"
    for pause in diff.pauses:
        count = None if one.waiting is None else one.waiting.get(pause.node, 0)
        waiting = "" if count is None else f" ({count} waiting)"
        again = f", recomputing {', '.join(pause.redoes)}" if pause.redoes else ""
        why = f": {'; '.join(pause.why[:3])}" if pause.why and not again else ""
        yield f"  runs paused at {pause.node}{waiting}: {_VERDICTS[pause.verdict]}{again}{why}"
