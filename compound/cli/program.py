"""The command tree; a command imports its code when it is called, so that `--help` is fast."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from compound.cli.graph import explain as _explain
from compound.cli.graph import formats as _formats
from compound.cli.graph import graph as _graph
from compound.cli.graph import mcp as _mcp
from compound.cli.graph import replay as _replay
from compound.cli.graph import tools as _tools
from compound.cli.logs import configure_logs
from compound.cli.review import certify as _certify
from compound.cli.review import effects as _effects
from compound.cli.review import feedback as _feedback
from compound.cli.review import quality as _review_quality
from compound.cli.review import work as _review_work
from compound.cli.work import backup as _backup
from compound.cli.work import batch as _batch
from compound.cli.work import batches as _batches
from compound.cli.work import build as _build
from compound.cli.work import demo as _demo
from compound.cli.work import evaluate as _evaluate
from compound.cli.work import people as _people
from compound.cli.work import prune as _prune
from compound.cli.work import serve as _serve
from compound.cli.work import specialists as _specialists
from compound.cli.work import store as _store
from compound.cli.work import traces as _traces
from compound.cli.work import webhooks as _webhooks

if TYPE_CHECKING:
    from compound.errors import CompoundError

app = typer.Typer(
    name="compound",
    help="Compound AI systems as declared graphs: retrieval, SQL, specialists, models and people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from compound.version import VERSION

        sys.stdout.write(f"compound {VERSION}\n")
        raise typer.Exit


@app.callback()
def log_to_stderr(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Send the library's logs to standard error: standard output holds only the result."""
    del version  # said before any command
    configure_logs()


for module in (
    _build,
    _graph,
    _mcp,
    _formats,
    _batch,
    _evaluate,
    _certify,
    _demo,
    _explain,
    _replay,
    _prune,
    _backup,
    _serve,
):
    module.register(app)
_feedback.register(_review_work.app)
_review_quality.register(_review_work.app)
app.add_typer(_review_work.app, name="review")
app.add_typer(_effects.app, name="effects")
app.add_typer(_batches.app, name="batches")
app.add_typer(_store.app, name="store")
app.add_typer(_people.app, name="people")
app.add_typer(_specialists.app, name="specialists")
app.add_typer(_traces.app, name="traces")
app.add_typer(_tools.app, name="tools")
app.add_typer(_webhooks.app, name="webhooks")


_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR}
)
"""Disk and permission errors; any other OSError is a bug of ours and keeps its traceback."""


def _fail(error: CompoundError) -> NoReturn:
    from compound.language import InvalidFile

    findings = error.findings if isinstance(error, InvalidFile) else ()
    if "--json" in sys.argv:
        import orjson

        from compound.cli.output import escaped

        more = {"findings": [one.to_json() for one in findings]} if findings else {}
        sys.stdout.write(escaped(orjson.dumps({"error": {**error.to_json(), **more}}).decode()) + "\n")
    else:
        from compound.cli.output import visible

        for one in findings or (error,):
            sys.stderr.write(f"{visible(str(one))}\n")
    sys.exit(error.exit_code)


def main() -> None:
    """Run the program and exit.

    Exit codes: 0 success, 1 a failure, findings or a failed gate, 2 a usage or project error, 3 dead letters or an
    inconclusive gate, 5 stopped, 6 a conflict with another process or user, 130 interrupted.
    """
    from compound.errors import CompoundError, ConnectorError

    try:
        app()
    except CompoundError as error:
        _fail(error)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        if error.filename is None or error.errno not in _DISK:
            raise
        what = f"{error.filename} cannot be used: {error.strerror}"
        _fail(ConnectorError("file.cannot-use", what, fix="free some space, or check its permissions"))
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
