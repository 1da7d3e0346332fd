"""Run the failing examples of `docs/errors/`: what is said is what a user would read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compound.errors import CompoundError
from compound.graph.checks.check import check_file
from compound.graph.port.catalogue import Signature
from compound.language import InvalidFile
from compound.spec import load_graph
from compound.spec.policy_file import PolicyFile
from compound.spec.yaml.reading import read_yaml
from compound.spec.yaml.validated import validated
from compound.testing.catalogue import FixedCatalogue
from compound.tool.loading import load_sql_tool

if TYPE_CHECKING:
    from compound.graph.port.catalogue import Shelf
    from tests.docs.markdown import Block

Said = tuple[str, str]
"""Code and message."""

_TEXT = {"type": "string"}


def _record(*required: str, **fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": fields, "required": list(required)}


SHELVES: Mapping[Shelf, Mapping[str, Signature]] = {
    "tool": {
        "read_ticket": Signature(
            params=_record("text", text=_TEXT), output=_record("text", text=_TEXT), can_stop=False
        ),
        "run_sql": Signature(params=_record("statement", statement=_TEXT | {"x-compound": "sql"})),
    },
    "check": {"policy": Signature()},
    "sql": {
        "customer_orders": Signature(
            params=_record("customer_id", customer_id=_TEXT | {"x-compound": "caller"}),
            output={"type": "array", "items": _record("order_id", order_id=_TEXT, status=_TEXT)},
        ),
        "find_customer": Signature(
            params=_record("name", name=_TEXT),
            output={"type": "array", "items": _record("customer_id", customer_id=_TEXT)},
            is_wide=True,
        ),
    },
    "effect": {
        "close_ticket": Signature(params=_record("ticket_id", ticket_id=_TEXT)),
        "send_reply": Signature(
            params=_record("ticket_id", "text", ticket_id=_TEXT | {"x-compound": "recipient"}, text=_TEXT),
            is_message=True,
        ),
    },
    "retriever": {"handbook": Signature()},
    "specialist": {"intent@production": Signature()},
    "model": {"planner": Signature(), "writer": Signature()},
}
"""What the examples may name: a small support desk."""
PROMPTS = {"prompts/reply.md": "Dear {{ name }},"}
POLICY = PolicyFile.model_validate(
    {
        "compound": "policy/v1",
        "name": "customer_facing",
        "effects": {"send_reply": {"queue": "support", "money": {"argument": "amount", "at_most": 100}}},
        "retention": {"content": "30d"},
    }
)
ANSWER = """\
compound: graph/v1
name: answer
input: {text: str}
nodes:
  read: {use: tool, tool: read_ticket, in: {text: $input.text}}
output: {text: $read.text}
"""


def run_example(example: Block, others: Sequence[Block]) -> list[Said]:
    """What Compound says about an example, each code with its message.

    Args:
        example: The block marked `fails`.
        others: Blocks beside it that are files: `file=prompts/broken.md`, `file=graphs/answer.yaml`,
            `file=graphs/policies/small.yaml`.
    """
    match example.language:
        case "yaml":
            files = {block.options["file"]: block.text for block in others if "file" in block.options}
            return _check(example.text, files, has_state=example.options.get("without") != "state")
        case "sql":
            return _raised(lambda: load_sql_tool(example.text, "tools/example.sql"))
        case "python":
            return _raised(lambda: _execute(example.text))
        case language:
            raise ValueError(f"no example is run in {language!r}: write yaml, sql or python")


def _check(text: str, files: Mapping[str, str], *, has_state: bool) -> list[Said]:
    policies = {path: one for path, one in files.items() if path.startswith("graphs/policies/")}
    others = {path: one for path, one in files.items() if path.endswith(".yaml") and path not in policies}
    graphs = {"graphs/answer.yaml": ANSWER} | others
    catalogue = FixedCatalogue(
        shelves=SHELVES,
        prompts={**PROMPTS, **files},
        graphs={Path(path).stem: load_graph(one, path) for path, one in graphs.items()},
        policies={"customer_facing": POLICY}
        | {Path(path).stem: validated(read_yaml(one, path), PolicyFile) for path, one in policies.items()},
        has_state=has_state,
    )
    return [(one.code, str(one)) for one in check_file(text, "graphs/example.yaml", catalogue)]


def _raised(run: Any) -> list[Said]:
    try:
        run()
    except InvalidFile as error:
        return [(one.code, str(one)) for one in error.findings]
    except CompoundError as error:
        return [(error.code, str(error))]
    return []


def _execute(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        path = os.path.join("tools", "example.py")
        exec(compile(text, path, "exec"), {"__name__": "example"})
