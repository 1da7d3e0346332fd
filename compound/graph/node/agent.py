"""`agent`: a model in a bounded loop with tools. It reads through tools and proposes effects; it performs none.

Every model call is journalled under the node's key and its turn number, so a run that crashed in the middle of a
loop repeats the finished turns without paying for them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

import anyio

from compound.graph.node.agent_tools import hands_of, schema_of, use
from compound.graph.node.llm import render
from compound.graph.planning.expanding import GIVEN_TO
from compound.graph.run.telling import token_teller
from compound.graph.wiring.shown_names import FINAL
from compound.language.json_schema import to_json_schema
from compound.language.schema import closed_record
from compound.language.types import STR
from compound.language.validate import validator
from compound.model import Message, ModelRequest, ModelResponse, StreamRestart, ToolCall, ToolResult, ToolSchema
from compound.model.call.types import CallKey
from compound.model.typed.spoken_json import find_json
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from jinja2 import Template
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import NodeCall, Runner
    from compound.spec.nodes import AgentNode


Stopped = Literal["answer", "max_turns", "budget", "abstained"]


@dataclass(slots=True, kw_only=True)
class _Loop:
    """One agent at work."""

    call: NodeCall
    inputs: Mapping[str, JsonValue]
    messages: list[Message]
    proposals: list[JsonValue] = field(default_factory=list["JsonValue"])
    observations: list[JsonValue] = field(default_factory=list["JsonValue"])
    usd: float = 0.0
    has_unknown: bool = False

    def value(self, answer: JsonValue, turns: int, stopped: Stopped) -> JsonValue:
        """The node's value."""
        self.call.span.set(turns=turns, stopped=stopped, proposals=len(self.proposals))
        return {"answer": answer, "proposals": self.proposals, "turns": turns, "stopped": stopped}


def bind_agent(step: Step, services: Services) -> Runner:
    """The runner of an `agent` node.

    Raises:
        ProjectError: ``graph.tool-name``: two tools have the same name for the model.
    """
    return _Agent(step, services).run


class _Agent:
    """An agent node with everything looked up; made once per engine."""

    def __init__(self, step: Step, services: Services) -> None:
        from compound.graph.prompt.sandbox import compile_template

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
        self._hands = hands_of(node, services)
        self._tools = tuple(schema_of(name, hand) for name, hand in self._hands.items())
        if step.out is not None:
            # A final tool is the only typed result that every provider supports.
            schema = closed_record({"answer": to_json_schema(step.out, step.names)})
            card = ToolSchema(name=FINAL, description="Give the final answer; this ends the work.", parameters=schema)
            self._tools = (*self._tools, card)
        budget = node.budget
        self._seconds = None if budget is None or budget.seconds is None else parse_duration(budget.seconds)

    async def run(self, call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        """Turn after turn: ask the model and run its tool calls, until it answers or reaches a limit."""
        own = {name: value for name, value in inputs.items() if not name.startswith(GIVEN_TO)}
        text, rules = (render(template, own, call, self._node.prompt) for template in self._templates)
        loop = _Loop(call=call, inputs=inputs, messages=[Message(role="user", content=text)])
        ends = None if self._seconds is None else anyio.current_time() + self._seconds
        for turn in range(self._node.max_turns):
            if self._is_spent(loop, turn, ends):
                return loop.value(None, turn, "budget")
            response = await self._ask(loop, own, rules, turn)
            loop.usd += response.known_usd
            loop.has_unknown |= response.cost_usd is None
            if response.abstained:
                # Refused, cut off or paused for good: no value, and another turn would not help.
                call.span.set(abstained=True, abstain_reason=response.reason)
                call.remark = response.reason
                return loop.value(None, turn + 1, "abstained")
            calls = response.tool_calls or _offline_calls(response, turn)
            if not calls:
                problems, answer = self._said(response)
                if not problems:
                    return loop.value(answer, turn + 1, "answer")
                said = f"That is not an answer yet: {'; '.join(problems[:5])}. Call {FINAL}, or another tool."
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
        if is_late or over_calls or budget.usd is None:
            return is_late or over_calls
        whole = loop.call.run.budget
        on_unknown = budget.on_unknown or (whole and whole.on_unknown) or self._gateway.on_unknown
        return loop.usd >= budget.usd or (loop.has_unknown and on_unknown == "stop")

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
        """Run the calls of one turn concurrently; returns the final answer in a tuple, None if there is none yet."""
        results: list[ToolResult] = [ToolResult(call_id=one.id, content="") for one in calls]
        final: list[JsonValue] = []

        async def one(at: int, asked: ToolCall) -> None:
            if asked.name == FINAL and self._step.out is not None:
                problems, answer = self._given(asked.arguments)
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
            what = f"no tool is named {asked.name!r}; the tools are: {known or 'none'}"
            return ToolResult(call_id=asked.id, content=what, is_error=True)
        given = cast("Mapping[str, JsonValue]", loop.inputs[hand.given]) if hand.given else {}
        used = await use(hand, asked, given, loop.call)
        if used.proposal is not None:
            loop.proposals.append({"name": hand.card.name, "arguments": used.proposal})
        return used.result

    def _final(self, answer: JsonValue) -> tuple[list[str], JsonValue]:
        return self._problems_of(answer), answer

    def _given(self, arguments: Mapping[str, JsonValue]) -> tuple[list[str], JsonValue]:
        """The answer in the arguments of the final tool: under `answer`, as JSON text, or as separate arguments."""
        tried = [arguments.get("answer")]
        if isinstance(tried[0], str):
            with suppress(ValueError):
                tried.append(find_json(tried[0], self._problems_of))
        tried.append(dict(arguments))
        for answer in tried:
            if not self._problems_of(answer):
                return [], answer
        return self._final(tried[0])

    def _said(self, response: ModelResponse) -> tuple[list[str], JsonValue]:
        """The answer of a turn without tool calls: the text, or the typed value in it."""
        data = response.data
        if self._step.out is None:
            return self._final(data["answer"] if isinstance(data, dict) and "answer" in data else response.text)
        if data is not None:
            return self._given(data) if isinstance(data, dict) and "answer" in data else self._final(data)
        try:
            found = find_json(response.text, self._problems_in)
        except ValueError:
            return self._final(response.text)
        return self._given(found) if isinstance(found, dict) and "answer" in found else self._final(found)

    def _problems_in(self, value: JsonValue) -> list[str]:
        if isinstance(value, dict) and value.keys() == {"answer"}:
            return self._given(value)[0]
        return self._problems_of(value)


def _add(
    loop: _Loop, response: ModelResponse, results: tuple[ToolResult, ...], said: str, calls: tuple[ToolCall, ...] = ()
) -> None:
    content = response.content if response.tool_calls or not calls else (*response.content, *calls)
    loop.messages.append(Message(role="assistant", content=content or response.text or "(nothing)"))
    loop.messages.append(Message(role="user", content=results or said))


def _offline_calls(response: ModelResponse, turn: int) -> tuple[ToolCall, ...]:
    """Tool calls of a solver, which returns data: `{tool_calls: [{name, arguments}]}`."""
    data = response.data
    asked = data.get("tool_calls") if isinstance(data, dict) else None
    calls: list[ToolCall] = []
    for index, one in enumerate(asked if isinstance(asked, list) else []):
        if isinstance(one, dict) and isinstance(one.get("arguments", {}), dict):
            arguments = cast("Mapping[str, JsonValue]", one.get("arguments", {}))
            calls.append(ToolCall(id=f"call-{turn}-{index}", name=str(one.get("name")), arguments=arguments))
    return tuple(calls)
