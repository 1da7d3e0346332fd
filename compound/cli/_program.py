"""The command tree; each command's work is imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import sys

import typer

from compound.cli import (
    _batch,
    _build,
    _demo,
    _evaluate,
    _explain,
    _formats,
    _graph,
    _mcp,
    _replay,
    _review,
    _tools,
    _traces,
)

app = typer.Typer(
    name="compound",
    help="Compound AI systems as declared graphs: retrieval, SQL, specialists, models and people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for module in (_build, _graph, _mcp, _formats, _batch, _evaluate, _demo, _explain, _replay):
    module.register(app)
app.add_typer(_review.app, name="review")
app.add_typer(_traces.app, name="traces")
app.add_typer(_tools.app, name="tools")


def main() -> None:
    """Run the program and exit.

    0 well, 1 a failure or findings, 2 a wrong call or project, 3 dead letters, 5 stopped, 6 somebody else was first,
    130 interrupted.
    """
    from compound.errors import CompoundError

    try:
        app()
    except CompoundError as error:
        if "--json" in sys.argv:
            import orjson

            sys.stdout.write(orjson.dumps({"error": error.to_json()}).decode() + "\n")
        else:
            sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
