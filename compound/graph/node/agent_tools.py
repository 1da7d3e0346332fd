"""The tools of an agent: their description for the model, and their calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.errors import CompoundError, ProjectError
from compound.graph.planning.expanding import GIVEN_TO
from compound.graph.port.services import KeyedCall, ToolCard
from compound.graph.wiring.shown_names import FINAL, shown_to_model
from compound.language.json_text import whole_characters, write_json
from compound.language.schema import without
from compound.model import ToolCall, ToolResult, ToolSchema
from compound.model.call.types import CallKey
from compound.model.typed.schema import problems as schema_problems
from compound.model.typed.spoken_json import fitted
from compound.trace.active import child

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.services import JsonCall, Services
    from compound.graph.run.active import NodeCall
    from compound.spec.nodes import AgentNode

_MAX_RESULT: Final = 20_000
_MAX_ERROR: Final = 2_000
_RECORDED: Final = "recorded as a proposal; a person decides about it, nothing has happened yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A tool as the model sees it.

    Attributes:
        given: Prefix among the node's inputs of the arguments that the model does not see; empty for none.
        hidden: Arguments that only the graph may set.
        is_effect: Whether calling it only records a proposal.
    """

    card: ToolCard
    given: str = ""
    hidden: frozenset[str] = frozenset()
    is_effect: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """The result of one call of a tool; `proposal` has the arguments of a proposed effect."""

    result: ToolResult
    proposal: dict[str, JsonValue] | None = None


def hands_of(node: AgentNode, services: Services) -> dict[str, Hand]:
    """The tools and the effects of an agent, by the name that its model sees.

    Raises:
        ProjectError: ``graph.tool-name``: two have the same name for the model.
    """
    hands: dict[str, Hand] = {}
    for index, tool in enumerate(node.calls):
        card = services.card(tool.tool)
        given = f"{GIVEN_TO}{index}" if tool.given else ""
        _add_hand(hands, Hand(card=card, given=given, hidden=card.hidden | frozenset(tool.given)))
    for effect in node.proposes:
        _add_hand(hands, Hand(card=services.proposal(effect), is_effect=True))
    return hands


def _add_hand(hands: dict[str, Hand], hand: Hand) -> None:
    name = shown_to_model(hand.card.name)
    if name in hands or name == FINAL:
        what = f"the tools {hand.card.name!r} and {hands[name].card.name if name in hands else FINAL!r} look the same"
        raise ProjectError("graph.tool-name", f"{what} to a model: {name}", fix="rename one of them")
    hands[name] = hand


def schema_of(name: str, hand: Hand) -> ToolSchema:
    """A tool's card for the model, without the arguments that only the graph may set."""
    parameters = without(hand.card.parameters, hand.hidden)
    return ToolSchema(name=name, description=hand.card.description, parameters=parameters)


async def use(hand: Hand, asked: ToolCall, given: Mapping[str, JsonValue], call: NodeCall) -> Used:
    """Run a tool call of a model; errors of the tool are returned to the model, and never fail the run.

    Args:
        hand: The tool.
        asked: The model's call.
        given: The arguments from the graph.
        call: The agent's call.
    """
    arguments = fitted(dict(asked.arguments), hand.card.parameters)
    forged = sorted(hand.hidden & arguments.keys())
    if forged:
        # Whose rows are read is never a model's choice, whatever an item's text says.
        return _failed(asked, f"{', '.join(forged)} is set by the graph; leave it out")
    if hand.is_effect:
        return await _proposed(hand, asked, arguments)
    with child(f"execute_tool {hand.card.name}", kind="tool", tool_name=hand.card.name) as span:
        span.input({**arguments, **given})
        try:
            value = await _called(hand.card.call, {**arguments, **given}, call, asked.id)
            text = value if isinstance(value, str) else write_json(value, default=str).decode()
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if _is_cancelled(error):
                raise
            code, words = _told(error)
            span.set(status_code="ERROR", error_type=code, status_message=words)
            return _failed(asked, f"{code}: {words}")
        span.output(value)
    text = whole_characters(text)
    if len(text) > _MAX_RESULT:
        text = f"{text[:_MAX_RESULT]}\n[cut: {len(text) - _MAX_RESULT} of {len(text)} characters left out]"
    return Used(ToolResult(call_id=asked.id, content=text))


async def _proposed(hand: Hand, asked: ToolCall, arguments: dict[str, JsonValue]) -> Used:
    """Record a proposal that the effect could perform; invalid ones are reported to the model and not recorded."""
    problems = schema_problems(arguments, hand.card.parameters)
    if problems:
        return _failed(asked, f"not recorded, the arguments do not fit: {'; '.join(problems)}")
    try:
        await hand.card.call(arguments)
    except CompoundError as error:
        return _failed(asked, f"not recorded: {error.code}: {error.what}")
    except Exception as error:  # noqa: BLE001 - a validator of the project may raise anything
        return _failed(asked, f"not recorded: {': '.join(_told(error))}")
    return Used(ToolResult(call_id=asked.id, content=_RECORDED), arguments)


def _failed(asked: ToolCall, what: str) -> Used:
    return Used(ToolResult(call_id=asked.id, content=what, is_error=True))


def _is_cancelled(error: BaseException) -> bool:
    """Whether the run is being cancelled, rather than a tool raising the same exception."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _told(error: BaseException) -> tuple[str, str]:
    """An error as code and message; an exception's own `__str__` may fail."""
    if isinstance(error, CompoundError):
        return error.code, error.what
    try:
        words = whole_characters(str(error))
    except Exception:  # noqa: BLE001 - `__str__` of a stranger's exception may raise anything
        words = "(no message)"
    return type(error).__name__, words if len(words) <= _MAX_ERROR else f"{words[:_MAX_ERROR]}..."


async def _called(work: JsonCall, arguments: dict[str, JsonValue], call: NodeCall, call_id: str) -> JsonValue:
    if not isinstance(work, KeyedCall):
        return await work(arguments)
    # The journalled turn has the same id again, so a crash does not repeat the call either.
    node = f"{call.key}/{call_id}"
    return await work.keyed(arguments, call=CallKey(run_id=call.run.run_id, node=node, attempt=call.attempt))
