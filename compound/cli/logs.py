"""Logs of the command line: on standard error, as text or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from compound.errors import ProjectError, choices

LOG, LEVEL = "COMPOUND_LOG", "COMPOUND_LOG_LEVEL"
FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error", "critical")


def configure_logs(environ: Mapping[str, str] = os.environ) -> None:
    """Send logs to standard error: standard output holds only the result.

    Tracebacks leave out the values of variables, which may hold personal data.

    Raises:
        ProjectError: ``project.bad-log``: `COMPOUND_LOG` or `COMPOUND_LOG_LEVEL` has an unknown value.
    """
    import structlog

    shape, level = _chosen(environ, LOG, FORMATS, "text"), _chosen(environ, LEVEL, LEVELS, "info")
    shared = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level]
    if shape == "json":
        structlog.configure(
            processors=[
                *shared,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            logger_factory=_to_stderr,
        )
        return
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_stderr,
    )


def _to_stderr(*_: object) -> object:
    import structlog

    # Looked up for each line: a progress display replaces the stream while it is shown.
    return structlog.PrintLogger(sys.stderr)


def _chosen(environ: Mapping[str, str], name: str, known: Sequence[str], default: str) -> str:
    value = environ.get(name, "").strip().lower() or default
    if value not in known:
        raise ProjectError("project.bad-log", f"{name} is {value!r}", fix=f"{name}={default}; {choices(known, value)}")
    return value
