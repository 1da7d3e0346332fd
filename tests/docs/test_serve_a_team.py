"""The files of the page on servers: each names programs, options, variables and paths that there are."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from typer.main import get_command

from compound.cli.program import app
from tests.docs.codes import ROOT

PAGE = ROOT / "docs/how-to/serve-a-team.md"


def block(language: str) -> str:
    """The page's file in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found


def variables() -> set[str]:
    """The variables of the environment that the program or its server reads."""
    command: Any = get_command(app)
    serve = command.commands["serve"]
    own = {one.envvar for one in serve.params if one.envvar}
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    return own | set(re.findall(r"`(COMPOUND_\w+)`", settings) + ["FORWARDED_ALLOW_IPS"])


def parses(line: str) -> bool:
    """Whether the program knows a command and its options."""
    _, *words = shlex.split(line)
    command: Any = get_command(app)
    command.commands[words[0]].make_context(words[0], words[1:], resilient_parsing=True)
    return True


def test_the_service_starts_a_command_that_there_is() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment] - keys have capitals
    unit.read_string(block("ini"))
    service = unit["Service"]
    assert parses(service["ExecStart"])
    named = dict(one.split("=", 1) for one in shlex.split(service["Environment"]))
    assert set(named) <= variables()
    assert named["COMPOUND_HOME"] == f"/var/lib/{service['StateDirectory']}"


def test_the_container_runs_as_a_user_that_can_write_only_the_state() -> None:
    steps = block("dockerfile").splitlines()
    named = dict(one.split("=", 1) for line in steps if line.startswith("ENV ") for one in line[4:].split())
    assert {name for name in named if name.startswith("COMPOUND_")} <= variables()
    assert steps.index("USER compound") < steps.index('CMD ["compound", "serve"]')
    assert f"VOLUME {named['COMPOUND_HOME']}" in steps
    assert any(line.startswith("HEALTHCHECK") and "/health" in line for line in steps)


def test_the_compose_file_reads_only_variables_that_there_are() -> None:
    found = cast("dict[str, Any]", YAML(typ="safe", pure=True).load(block("yaml")))
    server = found["services"]["compound"]
    assert set(server["environment"]) <= variables()
    assert (server["read_only"], server["cap_drop"]) == (True, ["ALL"])
    volumes = {Path(one.partition(":")[2]).as_posix() for one in server["volumes"]}
    assert volumes == {"/var/lib/compound"}


def test_the_table_names_every_variable_of_serve() -> None:
    table = PAGE.read_text("utf-8").partition("## With systemd")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) <= variables()
    for name in ("COMPOUND_SERVE_HOST", "COMPOUND_SERVE_PORT", "COMPOUND_SERVE_NAMES"):
        assert f"| `{name}` |" in table
