"""`agent`: a model in a bounded loop with tools. It reads through tools and proposes effects; it performs none.

Every model call is journalled under the node's key and the number of its turn, so a run that crashed in the
middle of a loop walks through the finished turns again without paying for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

import anyio
import orjson

from compound import trace
from compound.errors import CompoundError, ProjectError
from compound.graph._events import token_teller
from compound.graph._expand import GIVEN_TO
from compound.graph._nodes_llm import render
from compound.graph.services import KeyedCall
from compound.model import (
    CallKey,
    Message,
    ModelRequest,
    ModelResponse,
    StreamRestart,
    ToolCall,
    ToolResult,
    ToolSchema,
)
from compound.spec._json_schema import to_json_schema
from compound.spec._types import STR
from compound.spec._validate import validator
from compound.spec._words import parse_duration

if TYPE_CHECKING:
    from jinja2 import Template
    from pydantic import JsonValue

    from compound.graph._active import NodeCall, Runner
    from compound.graph._steps import Step
    from compound.graph.services import JsonCall, Services, ToolCard
    from compound.spec.graph_file import AgentNode

FINAL: Final = "final_answer"
_MAX_RESULT: Final = 20_000
_RECORDED: Final = "recorded as a proposal; a person decides about it, nothing has happened yet"

Stopped = Literal["answer", "max_turns", "budget", "abstained"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """A tool as the model is shown it.

    Attributes:
        given: Name among the node's inputs of the arguments that the model does not see; empty for none.
        hidden: Arguments that only the graph may give.
        is_effect: Calling it only records a proposal.
    """

    card: ToolCard
    given: str = ""
    hidden: frozenset[str] = frozenset()
    is_effect: bool = False


@dataclass(slots=True, kw_only=True)
class _Loop:
    """One agent at work."""

    call: NodeCall
    inputs: Mapping[str, JsonValue]
    messages: list[Message]
    proposals: list[JsonValue] = field(default_factory=list["JsonValue"])
    observations: list[JsonValue] = field(default_factory=list["JsonValue"])
    usd: float = 0.0

    def value(self, answer: JsonValue, turns: int, stopped: Stopped) -> JsonValue:
        """The node's value."""
        self.call.span.set(turns=turns, stopped=stopped, proposals=len(self.proposals))
        return {"answer": answer, "proposals": self.proposals, "turns": turns, "stopped": stopped}


def bind_agent(step: Step, services: Services) -> Runner:
    """The runner of an `agent` node.

    Raises:
        ProjectError: ``graph.tool-name``: two tools look the same to the model.
    """
    return _Agent(step, services).run


class _Agent:
    """An agent node with everything looked up; made once per engine."""

    def __init__(self, step: Step, services: Services) -> None:
        from compound.graph._sandbox import compile_template

        self._step = step
        self._node = node = cast("AgentNode", step.node)
        self._gateway = services.gateway
        self._prompt = prompt = services.prompt(node.prompt)
        system = prompt.system if node.system is None else services.prompt(node.system).text
        self._templates: tuple[Template, Template] = (
            compile_template(prompt.text, node.prompt),
            compile_template(system, node.system or node.prompt),
        )
        self._problems_of = validator(step.out or STR, step.names)
        self._hands = _hands(node, services)
        self._tools = tuple(_schema(name, hand) for name, hand in self._hands.items())
        if step.out is not None:
            # A tool of its own is the one typed end that every provider has.
            schema: dict[str, JsonValue] = {
                "type": "object",
                "properties": {"answer": cast("JsonValue", to_json_schema(step.out, step.names))},
                "required": ["answer"],
                "additionalProperties": False,
            }
            card = ToolSchema(name=FINAL, description="Give the final answer; this ends the work.", parameters=schema)
            self._tools = (*self._tools, card)
        budget = node.budget
        self._seconds = None if budget is None or budget.seconds is None else parse_duration(budget.seconds)

    async def run(self, call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        """Turn after turn: ask the model, do what it asks, until it answers or may not go on."""
        own = {name: value for name, value in inputs.items() if not name.startswith(GIVEN_TO)}
        text, rules = (render(template, own, call, self._node.prompt) for template in self._templates)
        loop = _Loop(call=call, inputs=inputs, messages=[Message(role="user", content=text)])
        ends = None if self._seconds is None else anyio.current_time() + self._seconds
        for turn in range(self._node.max_turns):
            if self._is_spent(loop, turn, ends):
                return loop.value(None, turn, "budget")
            response = await self._ask(loop, own, rules, turn)
            loop.usd += response.cost_usd or 0.0
            if response.abstained:
                call.span.set(abstained=True, abstain_reason=response.reason)
                return loop.value(None, turn + 1, "abstained")
            calls = response.tool_calls or _offline_calls(response, turn)
            if not calls:
                problems, answer = self._final(_plain_answer(response, is_typed=self._step.out is not None))
                if not problems:
                    return loop.value(answer, turn + 1, "answer")
                said = f"That is no answer yet: {'; '.join(problems[:5])}. Call {FINAL}, or another tool."
                _add(loop, response, (), said)
                continue
            done = await self._do(loop, response, calls)
            if done is not None:
                return loop.value(done[0], turn + 1, "answer")
        return loop.value(None, self._node.max_turns, "max_turns")

    def _is_spent(self, loop: _Loop, turn: int, ends: float | None) -> bool:
        budget = self._node.budget
        if budget is None:
            return False
        is_late = ends is not None and anyio.current_time() >= ends
        over_calls = budget.calls is not None and turn >= budget.calls
        return is_late or over_calls or (budget.usd is not None and loop.usd >= budget.usd)

    async def _ask(self, loop: _Loop, own: Mapping[str, JsonValue], rules: str, turn: int) -> ModelResponse:
        call = loop.call
        request = ModelRequest(
            model=self._node.model,
            messages=tuple(loop.messages),
            system=rules,
            tools=self._tools,
            max_tokens=self._node.max_tokens,
            temperature=self._node.temperature,
            inputs={**own, "observations": list(loop.observations)},
            prompt_name=self._node.prompt,
            prompt_version=self._prompt.version,
        )
        key = CallKey(run_id=call.run.run_id, node=call.key, attempt=call.attempt, index=turn)
        told = token_teller(call, turn)
        if told is not None and call.attempt > 1:
            await told(StreamRestart())
        return await self._gateway.call(request, call=key, budget=call.run.budget, told=told)

    async def _do(self, loop: _Loop, response: ModelResponse, calls: tuple[ToolCall, ...]) -> tuple[JsonValue] | None:
        """Do what one turn asks for, side by side; the final answer in a tuple, None when there is none yet."""
        results: list[ToolResult] = [ToolResult(call_id=one.id, content="") for one in calls]
        final: list[JsonValue] = []

        async def one(at: int, asked: ToolCall) -> None:
            if asked.name == FINAL and self._step.out is not None:
                problems, answer = self._final(asked.arguments.get("answer"))
                if not problems:
                    final.append(answer)
                content = "; ".join(problems[:5])
                results[at] = ToolResult(call_id=asked.id, content=content, is_error=bool(problems))
                return
            results[at] = await self._use(loop, asked)

        async with anyio.create_task_group() as tasks:
            for at, asked in enumerate(calls):
                tasks.start_soon(one, at, asked)
        if final:
            return (final[0],)
        for asked, result in zip(calls, results, strict=True):
            loop.observations.append(
                {"tool": asked.name, "arguments": dict(asked.arguments), "result": cast("str", result.content)}
            )
        _add(loop, response, tuple(results), "", calls)
        return None

    async def _use(self, loop: _Loop, asked: ToolCall) -> ToolResult:
        hand = self._hands.get(asked.name)
        if hand is None:
            known = ", ".join([*self._hands, *([FINAL] if self._step.out is not None else [])])
            what = f"there is no tool {asked.name!r}; there are: {known or 'none'}"
            return ToolResult(call_id=asked.id, content=what, is_error=True)
        arguments = dict(asked.arguments)
        forged = sorted(hand.hidden & arguments.keys())
        if forged:
            # Whose rows are read is never a model's choice, whatever a ticket talked it into.
            what = f"{', '.join(forged)} is given by the graph; leave it out"
            return ToolResult(call_id=asked.id, content=what, is_error=True)
        if hand.is_effect:
            loop.proposals.append({"name": hand.card.name, "arguments": arguments})
            return ToolResult(call_id=asked.id, content=_RECORDED)
        if hand.given:
            arguments |= cast("Mapping[str, JsonValue]", loop.inputs[hand.given])
        with trace.child(f"execute_tool {hand.card.name}", kind="tool", tool_name=hand.card.name) as span:
            span.input(arguments)
            try:
                value = await _called(hand.card.call, arguments, loop.call, asked.id)
            except CompoundError as error:
                # The model may mend its arguments; what cannot be mended ends with its turns.
                span.set(status_code="ERROR", error_type=error.code, status_message=str(error))
                return ToolResult(call_id=asked.id, content=f"{error.code}: {error.what}", is_error=True)
            span.output(value)
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        if len(text) > _MAX_RESULT:
            text = f"{text[:_MAX_RESULT]}\n[cut: {len(text) - _MAX_RESULT} of {len(text)} characters left out]"
        return ToolResult(call_id=asked.id, content=text)

    def _final(self, answer: JsonValue) -> tuple[list[str], JsonValue]:
        return self._problems_of(answer), answer


async def _called(work: JsonCall, arguments: dict[str, JsonValue], call: NodeCall, call_id: str) -> JsonValue:
    if not isinstance(work, KeyedCall):
        return await work(arguments)
    # The journalled turn asks with the same id again, so a crash does not repeat the call either.
    node = f"{call.key}/{call_id}"
    return await work.keyed(arguments, call=CallKey(run_id=call.run.run_id, node=node, attempt=call.attempt))


def _hands(node: AgentNode, services: Services) -> dict[str, _Hand]:
    hands: dict[str, _Hand] = {}
    for index, tool in enumerate(node.calls):
        card = services.card(tool.tool)
        given = f"{GIVEN_TO}{index}" if tool.given else ""
        _add_hand(hands, _Hand(card=card, given=given, hidden=card.hidden | frozenset(tool.given)))
    for effect in node.proposes:
        _add_hand(hands, _Hand(card=services.proposal(effect), is_effect=True))
    return hands


def shown_to_model(name: str) -> str:
    """A tool's name as providers take it: letters, digits, `_` and `-`, at most 64."""
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in name)[:64]


def _add_hand(hands: dict[str, _Hand], hand: _Hand) -> None:
    name = shown_to_model(hand.card.name)
    if name in hands or name == FINAL:
        what = f"the tools {hand.card.name!r} and {hands[name].card.name if name in hands else FINAL!r} look the same"
        raise ProjectError("graph.tool-name", f"{what} to a model: {name}", fix="rename one of them")
    hands[name] = hand


def _schema(name: str, hand: _Hand) -> ToolSchema:
    parameters = dict(hand.card.parameters)
    for key in ("properties", "required"):
        known = parameters.get(key)
        if isinstance(known, dict):
            parameters[key] = {one: schema for one, schema in known.items() if one not in hand.hidden}
        elif isinstance(known, list):
            parameters[key] = [one for one in known if one not in hand.hidden]
    return ToolSchema(name=name, description=hand.card.description, parameters=parameters)


def _add(
    loop: _Loop, response: ModelResponse, results: tuple[ToolResult, ...], said: str, calls: tuple[ToolCall, ...] = ()
) -> None:
    content = response.content if response.tool_calls or not calls else (*response.content, *calls)
    loop.messages.append(Message(role="assistant", content=content or response.text or "(nothing)"))
    loop.messages.append(Message(role="user", content=results or said))


def _plain_answer(response: ModelResponse, *, is_typed: bool) -> JsonValue:
    data = response.data
    if isinstance(data, dict) and "answer" in data:
        return data["answer"]
    return data if is_typed and data is not None else response.text


def _offline_calls(response: ModelResponse, turn: int) -> tuple[ToolCall, ...]:
    """Tool calls of a solver, which answers with data: `{tool_calls: [{name, arguments}]}`."""
    data = response.data
    asked = data.get("tool_calls") if isinstance(data, dict) else None
    calls: list[ToolCall] = []
    for index, one in enumerate(asked if isinstance(asked, list) else []):
        if isinstance(one, dict) and isinstance(one.get("arguments", {}), dict):
            arguments = cast("Mapping[str, JsonValue]", one.get("arguments", {}))
            calls.append(ToolCall(id=f"call-{turn}-{index}", name=str(one.get("name")), arguments=arguments))
    return tuple(calls)
